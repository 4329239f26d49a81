//! Which channel a target goes through.

use channel::ChannelId;
use model::{AppId, Outcome, Target, Verdict};

use super::report::Report;

/// The targets of one push for one channel and dialect, in the caller's order.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) channel: ChannelId,
    pub(super) targets: Vec<Target>,
}

/// Sorts targets into channels; those of a dialect that their vendor does not have are reported instead, so that there are
/// never more groups than channels and dialects. A push has a handful of them, so a list is looked through.
pub(super) fn route(app: &AppId, targets: Vec<Target>) -> (Vec<Group>, Vec<Report>) {
    let (mut groups, mut refused): (Vec<Group>, Vec<Report>) = (Vec::new(), Vec::new());
    for target in targets {
        if let Err(verdict) = check_dialect(&target) {
            refused.push(Report::unsent(&target, verdict));
            continue;
        }
        match groups.iter_mut().find(|group| group.takes(&target)) {
            Some(group) => group.targets.push(target),
            None => {
                let Target { vendor, environment, .. } = target;
                let channel = ChannelId { app: app.clone(), vendor, environment };
                groups.push(Group { channel, targets: vec![target] });
            }
        }
    }
    (groups, refused)
}

/// Whether a target's vendor has its dialect; if not, what becomes of it.
pub(crate) fn check_dialect(target: &Target) -> Result<(), Verdict> {
    let Some(word) = target.dialect.as_deref() else { return Ok(()) };
    let known = adapters::find(target.vendor).map_or(&[][..], |adapter| adapter.capabilities().dialects);
    if known.contains(&word) {
        return Ok(());
    }
    let detail = match known {
        [] => format!("{} has no dialects: leave it out", target.vendor),
        known => format!("{} has the dialects {}", target.vendor, known.join(", ")),
    };
    Err(Verdict::new(Outcome::PayloadRejected).code("unknown_dialect").detail(detail))
}

// === impl Group ===

impl Group {
    /// Which of the vendor's APIs all of them speak.
    pub(super) fn dialect(&self) -> Option<&str> {
        self.targets.first().and_then(|target| target.dialect.as_deref())
    }

    fn takes(&self, target: &Target) -> bool {
        let Target { vendor, environment, dialect, .. } = target;
        let same_channel = self.channel.vendor == *vendor && self.channel.environment == *environment;
        same_channel && self.dialect() == dialect.as_deref()
    }
}
