//! Which channel a target goes through.

use channel::ChannelId;
use model::{AppId, Target};

/// The targets of one push for one channel and dialect, in the caller's order.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) channel: ChannelId,
    pub(super) targets: Vec<Target>,
}

/// Sorts targets into channels. A push has a handful of channels, so a list is looked through.
pub(super) fn route(app: &AppId, targets: Vec<Target>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for target in targets {
        match groups.iter_mut().find(|group| group.takes(&target)) {
            Some(group) => group.targets.push(target),
            None => {
                let Target { vendor, environment, .. } = target;
                let channel = ChannelId { app: app.clone(), vendor, environment };
                groups.push(Group { channel, targets: vec![target] });
            }
        }
    }
    groups
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
