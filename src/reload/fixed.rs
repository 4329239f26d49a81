//! What a running service cannot change.

use config::{Config, LogOptions, MetricsOptions, Server, SpoolOptions, TracesOptions};

/// How a service listens, where it keeps what, and how it tells of itself.
#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    pub(crate) server: Server,
    pub(crate) spool: Option<SpoolOptions>,
    pub(crate) metrics: MetricsOptions,
    pub(crate) log: LogOptions,
    pub(crate) traces: Option<TracesOptions>,
}

// === impl Fixed ===

impl Fixed {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            server: config.server.clone(),
            spool: config.spool.clone(),
            metrics: config.metrics,
            log: config.log.clone(),
            traces: config.traces.clone(),
        }
    }

    /// The fields that are different in another.
    pub(super) fn changed(&self, new: &Self) -> Vec<&'static str> {
        let mut fields = server(&self.server, &new.server);
        match (&self.spool, &new.spool) {
            (Some(old), Some(new)) => fields.extend(spool(old, new)),
            (None, None) => {}
            _ => fields.push("spool"),
        }
        let MetricsOptions { per_app } = self.metrics;
        let LogOptions { device_key: _ } = &self.log;
        fields.extend((per_app != new.metrics.per_app).then_some("metrics.per_app"));
        fields.extend((self.log != new.log).then_some("log.device_key"));
        fields.extend((self.traces != new.traces).then_some("traces"));
        fields
    }
}

fn server(old: &Server, new: &Server) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let mut look = |field, is_same: bool| fields.extend((!is_same).then_some(field));
    let Server {
        listen,
        max_body_bytes,
        max_targets_in_flight,
        grace,
        max_connections,
        header_timeout,
        body_timeout,
        max_header_bytes,
        max_streams_per_connection,
        ping_interval,
    } = old;
    look("server.listen", *listen == new.listen);
    look("server.max_body_bytes", *max_body_bytes == new.max_body_bytes);
    look("server.max_targets_in_flight", *max_targets_in_flight == new.max_targets_in_flight);
    look("server.grace_seconds", *grace == new.grace);
    look("server.max_connections", *max_connections == new.max_connections);
    look("server.header_timeout_seconds", *header_timeout == new.header_timeout);
    look("server.body_timeout_seconds", *body_timeout == new.body_timeout);
    look("server.max_header_bytes", *max_header_bytes == new.max_header_bytes);
    look("server.max_streams_per_connection", *max_streams_per_connection == new.max_streams_per_connection);
    look("server.ping_interval_seconds", *ping_interval == new.ping_interval);
    fields
}

fn spool(old: &SpoolOptions, new: &SpoolOptions) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let mut look = |field, is_same: bool| fields.extend((!is_same).then_some(field));
    let SpoolOptions { path, default_ttl, retention, event_retention, outcome_events } = old;
    look("spool.path", *path == new.path);
    look("spool.default_ttl_seconds", *default_ttl == new.default_ttl);
    look("spool.retention_seconds", *retention == new.retention);
    look("spool.event_retention_seconds", *event_retention == new.event_retention);
    look("spool.outcome_events", *outcome_events == new.outcome_events);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::Source;

    fn read(toml: &str) -> Config {
        Config::parse(toml, "pushmux.toml".as_ref(), &Source::new(|_| Ok(Vec::new()), |_| None)).unwrap()
    }

    #[test]
    fn every_field_that_differs_is_named() {
        let plain = read("[server]\n[spool]\npath = \"a\"");
        let changed = |toml: &str| {
            let new = read(toml);
            Fixed::of(&plain).changed(&Fixed::of(&new))
        };
        assert!(changed("[spool]\npath = \"a\"").is_empty());
        assert_eq!(
            changed("[server]\ngrace_seconds = 1\nlisten = \"127.0.0.1:1\""),
            ["server.listen", "server.grace_seconds", "spool"]
        );
        assert_eq!(changed("[spool]\npath = \"b\"\noutcome_events = false"), ["spool.path", "spool.outcome_events"]);
        assert_eq!(changed("[spool]\npath = \"a\"\n[metrics]\nper_app = false"), ["metrics.per_app"]);
        let log = |key: &str| changed(&format!("[spool]\npath = \"a\"\n[log]\ndevice_key = \"{key}\""));
        assert_eq!(log("0123456789abcdef"), ["log.device_key"]);
        assert_eq!(changed("[spool]\npath = \"a\"\n[traces]\nendpoint = \"http://127.0.0.1:4318\""), ["traces"]);
    }
}
