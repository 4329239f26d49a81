//! Every metric that there is: its name, what kind it is, its labels, and what it tells.
//!
//! `docs/metrics.md` shows this table, and a test holds the two together.

/// A metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// As Prometheus names it, with its unit and `_total`.
    pub name: &'static str,
    /// What kind of numbers it holds.
    pub kind: Kind,
    /// Its labels, in order.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

/// What kind of numbers a metric holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One that only rises, until the process starts anew.
    Counter,
    /// One that rises and falls.
    Gauge,
    /// Durations in buckets.
    Histogram,
}

const CHANNEL: &[&str] = &["app", "vendor", "environment"];

macro_rules! metrics {
    ($($id:ident $kind:ident $name:literal $labels:expr, $help:literal;)*) => {
        $(pub(super) const $id: Metric = Metric { name: $name, kind: Kind::$kind, labels: $labels, help: $help };)*
        /// Every one, in the order in which they are told.
        pub const ALL: &[Metric] = &[$($id),*];
    };
}

metrics! {
    BUILD Gauge "pushmux_build_info" &["version"], "Always 1; its label tells the version";
    READY Gauge "pushmux_ready" &[], "Whether new pushes are taken: 1, or 0 while the service stops or the spool is not well";
    PUSHES Counter "pushmux_pushes_admitted_total" &["app", "mode"], "Pushes taken in";
    TARGETS Counter "pushmux_targets_admitted_total" &["app", "mode"], "Targets of the pushes taken in";
    REFUSED Counter "pushmux_refused_total" &["reason"], "Requests and stream lines refused, by the problem's type";
    UNDER_WAY Gauge "pushmux_targets_in_flight" &[], "Targets under way, of server.max_targets_in_flight";
    ROOM Gauge "pushmux_targets_in_flight_limit" &[], "As many targets may be under way";
    OUTCOMES Counter "pushmux_outcomes_total" &["app", "vendor", "environment", "outcome"], "Targets by their last outcome, which their callers are told, also of those that were never sent";
    ATTEMPTS Counter "pushmux_attempts_total" &["app", "vendor", "environment", "outcome"], "Targets of calls to vendors by what the vendor answered, once for each call";
    CODES Counter "pushmux_vendor_codes_total" &["vendor", "code"], "Targets not accepted in calls to vendors by the vendor's code, or other where no table knows it";
    CALLS Histogram "pushmux_attempt_duration_seconds" CHANNEL, "Duration of calls to vendors, with the immediate second try and the wait for an access token";
    QUEUE Histogram "pushmux_queue_age_seconds" CHANNEL, "How long durable pushes had waited before their first call, since their admission or send_at";
    IN_FLIGHT Gauge "pushmux_calls_in_flight" CHANNEL, "Calls that wait for the vendor's answer";
    RESENDS Counter "pushmux_resends_total" CHANNEL, "Calls made a second time at once, since the first was surely not processed";
    RETRIES Counter "pushmux_retries_total" CHANNEL, "Targets of durable pushes put back for a later try";
    CONNECTIONS Gauge "pushmux_connections" CHANNEL, "HTTP/2 connections open to vendors that take one device per request";
    DIALS Counter "pushmux_connections_dialled_total" &["app", "vendor", "environment", "result"], "Tries to connect to such a vendor, ok or failed";
    CLOSINGS Counter "pushmux_connections_closed_total" &["app", "vendor", "environment", "reason"], "Connections to such a vendor that ended: aged, goaway, retired, silent, lost";
    RENEWALS Counter "pushmux_access_token_refreshes_total" &["app", "vendor", "environment", "result"], "Access tokens got from vendors or signed here, ok or failed";
    CHANNELS Gauge "pushmux_channels" &["app", "vendor", "environment", "state"], "Channels by their state: open, shut, probation, parked, closed";
    RELOADED Gauge "pushmux_config_last_reload_successful" &[], "Whether the configuration could be used when it was last read";
    RELOADED_AT Gauge "pushmux_config_last_reload_success_timestamp_seconds" &[], "When the configuration in force was read, in seconds since 1970";
    EXPIRY Gauge "pushmux_credential_expiry_seconds" CHANNEL, "Seconds until the channel's certificate ends; negative once it has ended";
    SPOOL_PARTS Gauge "pushmux_spool_open_parts" &["app", "vendor", "environment", "priority"], "Parts of durable pushes that are not settled; a push has one part in each of its channels";
    SPOOL_AGE Gauge "pushmux_spool_oldest_age_seconds" CHANNEL, "How long the part that is longest due has waited: since its admission, or since the time at which it was to be sent or tried again";
    SPOOL_BYTES Gauge "pushmux_spool_size_bytes" &[], "What the spool takes on disk";
    SPOOL_HEALTHY Gauge "pushmux_spool_healthy" &[], "Whether the spool takes pushes: 1, or 0 while its disk is full or after a write failed";
    COMMITS Counter "pushmux_spool_commits_total" &[], "Commits of the spool that wrote something";
    WEBHOOK_POSTS Counter "pushmux_webhook_deliveries_total" &["app", "result"], "Events posted to webhooks, ok or failed";
    WEBHOOK_LAG Gauge "pushmux_webhook_lag_events" &["app"], "Events logged of all apps since the last one that the webhook is done with";
    READERS Gauge "pushmux_feed_readers" &[], "Readers of the event feed";
    CPU Counter "process_cpu_seconds_total" &[], "User and system CPU time spent";
    RESIDENT Gauge "process_resident_memory_bytes" &[], "Resident memory";
    VIRTUAL Gauge "process_virtual_memory_bytes" &[], "Virtual memory";
    FDS Gauge "process_open_fds" &[], "Open file descriptors";
    MAX_FDS Gauge "process_max_fds" &[], "As many file descriptors may be open";
    STARTED Gauge "process_start_time_seconds" &[], "When the process started, in seconds since 1970";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// <https://prometheus.io/docs/practices/naming/>, as far as a table can be judged.
    #[test]
    fn names_and_labels_follow_the_conventions() {
        let mut seen = BTreeSet::new();
        for Metric { name, kind, labels, help } in ALL {
            assert!(seen.insert(name), "{name} stands twice");
            let is_snake = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(is_snake(name) && labels.iter().all(|label| is_snake(label)), "{name}");
            assert!(name.starts_with("pushmux_") || name.starts_with("process_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(*kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
            for unit in ["millis", "_ms", "micros", "minutes", "hours", "kilobytes", "percent"] {
                assert!(!name.contains(unit), "{name} is not in base units");
            }
            assert!(!labels.contains(&"le") && !labels.contains(&"quantile"), "{name}");
            assert!(!help.is_empty() && !help.ends_with('.') && help.len() < 160, "{name}: {help}");
        }
    }
}
