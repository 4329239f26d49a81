//! Whether two readings of a configuration say the same of a channel.

use config::ChannelConfig;
use sha2::{Digest, Sha256};

/// Everything that the configuration says of a channel, secrets and the text of files included, as a digest: nothing has to be
/// kept in clear to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

// === impl Fingerprint ===

impl Fingerprint {
    pub(super) fn of(part: &ChannelConfig) -> Self {
        let ChannelConfig { explicit, path, options, section, .. } = part;
        let mut digest = Sha256::new();
        // The path holds the app, the vendor and, if it has a table of its own, the environment.
        digest.update(format!("{}\n{:?}\n{explicit}\n{options:?}\n", path.dotted(), section.environment));
        if let Some(authorities) = &options.authorities {
            digest.update(Sha256::digest(&authorities.text));
        }
        serde_json::to_writer(&mut digest, &section.fields).expect("a digest takes everything, and this is JSON");
        Self(digest.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::{Config, Source};

    fn fingerprints(toml: &str, secret: &'static str) -> Vec<Fingerprint> {
        let source = Source::new(move |_| Ok(secret.into()), |_| None);
        let config = Config::parse(toml, "pushmux.toml".as_ref(), &source).unwrap();
        config.channels.iter().map(Fingerprint::of).collect()
    }

    #[test]
    fn it_changes_with_everything_that_is_said_and_read_and_nothing_else() {
        let section = "[apps.demo.mi]\npackage = \"p\"\napp_secret = { file = \"s\" }\n";
        let [production, sandbox] = fingerprints(section, "one")[..] else { panic!("two channels") };
        assert_ne!(production, sandbox);
        let is_same = |toml: &str, secret| fingerprints(toml, secret)[0] == production;
        let reordered = "# Words.\n[apps.demo.mi]\napp_secret = { file = \"s\" }\npackage = \"p\"\ncomment = \"c\"\n";
        assert!(is_same(section, "one") && is_same(reordered, "one"));
        assert!(!is_same(section, "two"), "the file holds another secret");
        for line in ["timeout_seconds = 3", "ca_file = \"ca.pem\"", "anything = 1", "sandbox.package = \"q\""] {
            let is_sandbox = line.starts_with("sandbox");
            let changed = format!("{section}{line}\n");
            assert_eq!(is_same(&changed, "one"), is_sandbox, "{line}");
            assert_ne!(fingerprints(&changed, "one")[1], sandbox, "{line}");
        }
        let authorities = format!("{section}ca_file = \"ca.pem\"\n");
        assert_ne!(fingerprints(&authorities, "one")[0], fingerprints(&authorities, "two")[0]);
        assert!(!format!("{production:?}").contains("one"));
    }
}
