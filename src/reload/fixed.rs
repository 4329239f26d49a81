//! What a running service cannot change.

use config::{Server, SpoolOptions};

use crate::metrics;

/// How a service listens, where it keeps what, and how metrics are told.
type Fixed<'a> = (&'a Server, Option<&'a SpoolOptions>, metrics::Options);

/// The fields that are different now.
pub(super) fn changed(
    (server, spool, metrics): Fixed<'_>,
    (new_server, new_spool, new_metrics): Fixed<'_>,
) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let mut look = |field, is_same: bool| {
        if !is_same {
            fields.push(field);
        }
    };
    let Server {
        listen,
        max_body_bytes,
        max_targets_in_flight,
        grace,
        max_connections,
        header_timeout,
        max_header_bytes,
        max_streams_per_connection,
        ping_interval,
    } = server;
    let new = new_server;
    look("server.listen", *listen == new.listen);
    look("server.max_body_bytes", *max_body_bytes == new.max_body_bytes);
    look("server.max_targets_in_flight", *max_targets_in_flight == new.max_targets_in_flight);
    look("server.grace_seconds", *grace == new.grace);
    look("server.max_connections", *max_connections == new.max_connections);
    look("server.header_timeout_seconds", *header_timeout == new.header_timeout);
    look("server.max_header_bytes", *max_header_bytes == new.max_header_bytes);
    look("server.max_streams_per_connection", *max_streams_per_connection == new.max_streams_per_connection);
    look("server.ping_interval_seconds", *ping_interval == new.ping_interval);
    match (spool, new_spool) {
        (Some(spool), Some(new)) => {
            let SpoolOptions { path, default_ttl, retention, event_retention, outcome_events } = spool;
            look("spool.path", *path == new.path);
            look("spool.default_ttl_seconds", *default_ttl == new.default_ttl);
            look("spool.retention_seconds", *retention == new.retention);
            look("spool.event_retention_seconds", *event_retention == new.event_retention);
            look("spool.outcome_events", *outcome_events == new.outcome_events);
        }
        (spool, new) => look("spool", spool.is_none() && new.is_none()),
    }
    let metrics::Options { per_app } = metrics;
    look("metrics.per_app", per_app == new_metrics.per_app);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::{Config, Source};

    fn read(toml: &str) -> Config {
        Config::parse(toml, "pushmux.toml".as_ref(), &Source::new(|_| Ok(Vec::new()), |_| None)).unwrap()
    }

    fn fixed(config: &Config) -> Fixed<'_> {
        (&config.server, config.spool.as_ref(), metrics::Options { per_app: config.metrics.per_app })
    }

    #[test]
    fn every_field_that_differs_is_named() {
        let plain = read("[server]\n[spool]\npath = \"a\"");
        let changed = |toml: &str| {
            let new = read(toml);
            changed(fixed(&plain), fixed(&new))
        };
        assert!(changed("[spool]\npath = \"a\"").is_empty());
        assert_eq!(
            changed("[server]\ngrace_seconds = 1\nlisten = \"127.0.0.1:1\""),
            ["server.listen", "server.grace_seconds", "spool"]
        );
        assert_eq!(changed("[spool]\npath = \"b\"\noutcome_events = false"), ["spool.path", "spool.outcome_events"]);
        assert_eq!(changed("[spool]\npath = \"a\"\n[metrics]\nper_app = false"), ["metrics.per_app"]);
    }
}
