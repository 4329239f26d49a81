//! Channels by the name under which the spool keeps their parts.

use channel::ChannelId;
use model::{AppId, Environment, Vendor};
use spool::ChannelName;

/// The name of a channel.
pub(super) fn name_of(id: &ChannelId) -> ChannelName {
    ChannelName::new(&id.app, id.vendor, id.environment)
}

/// The channel of that name; `None` if the vendor is unknown.
pub(crate) fn id_of(name: &ChannelName) -> Option<ChannelId> {
    let mut words = name.as_str().split('/');
    let app = AppId::parse(words.next()?).ok()?;
    let vendor = Vendor::find(words.next()?, adapters::vendors())?;
    let environment = Environment::parse(words.next()?)?;
    Some(ChannelId { app, vendor, environment })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_found_by_its_name() {
        for vendor in adapters::vendors() {
            for environment in Environment::ALL {
                let id = ChannelId { app: AppId::parse("demo.app_1").unwrap(), vendor: *vendor, environment };
                assert_eq!(id_of(&name_of(&id)), Some(id));
            }
        }
        assert_eq!(id_of(&ChannelName::parse("demo/palm/sandbox").unwrap()), None);
    }
}
