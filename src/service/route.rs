//! Which channel a target goes through.

use channel::ChannelId;
use model::{AppId, Target};

/// The targets of one push for one channel, in the caller's order.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) channel: ChannelId,
    pub(super) targets: Vec<Target>,
}

/// Sorts targets into channels. A push has a handful of channels, so a list is looked through.
pub(super) fn route(app: &AppId, targets: Vec<Target>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for target in targets {
        let (vendor, environment) = (target.vendor, target.environment);
        let known =
            groups.iter_mut().find(|group| group.channel.vendor == vendor && group.channel.environment == environment);
        match known {
            Some(group) => group.targets.push(target),
            None => {
                let channel = ChannelId { app: app.clone(), vendor, environment };
                groups.push(Group { channel, targets: vec![target] });
            }
        }
    }
    groups
}
