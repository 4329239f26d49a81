//! What the service tells about itself, gathered at the moment of asking.

use std::collections::BTreeMap;
use std::fmt;

use channel::{Closing, Durations, GateState, Snapshot};
use model::{AppId, Environment, Priority, Vendor, VendorCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use spool::{Moment, OpenChannel};

use super::sheet::{Family, Sheet};
use super::table::{self, Metric};
use super::{Options, process};
use crate::access::Access;
use crate::delivery::id_of;
use crate::reload::LastReload;
use crate::service::{Admissions, Service};

/// All numbers but those of the process.
#[derive(Debug, Default)]
pub(super) struct Scrape {
    ready: bool,
    reloaded: Option<LastReload>,
    under_way: (usize, usize),
    apps: BTreeMap<Option<AppId>, Admissions>,
    pub(super) refused: BTreeMap<&'static str, u64>,
    pub(super) readers: usize,
    channels: BTreeMap<Place, Numbers>,
    codes: BTreeMap<(Vendor, Option<VendorCode>), u64>,
    spool: Option<SpoolNumbers>,
    webhooks: Vec<(AppId, [u64; 2], u64)>,
}

/// Which channel; without its app where all apps are told together.
type Place = (Option<AppId>, Vendor, Environment);

/// The numbers of one channel, or of several together.
#[derive(Debug)]
struct Numbers {
    snapshot: Snapshot,
    states: BTreeMap<&'static str, u64>,
    expiry: Option<i64>,
    /// By priority.
    parts: BTreeMap<&'static str, u64>,
    oldest_seconds: Option<f64>,
}

#[derive(Debug)]
struct SpoolNumbers {
    bytes: u64,
    is_healthy: bool,
    commits: u64,
}

/// A number of a channel.
type Count = fn(&Snapshot) -> u64;

/// Codes of one vendor that are told apart, those of all its channels taken together.
const MAX_CODES: usize = 200;

// === impl Scrape ===

impl Scrape {
    /// Looks at everything. What the spool does not tell now is left out.
    pub(super) async fn of(service: &Service, access: &Access, options: Options) -> Self {
        let mut scrape = Self { ready: service.is_ready(), under_way: service.under_way(), ..Self::default() };
        for (app, counters) in service.channels().apps_counted().filter(|(app, _)| access.sees(app)) {
            scrape.apps.entry(options.label(app)).or_default().add(counters.admitted());
        }
        scrape.reloaded = Some(service.last_reload());
        scrape.look_at_channels(service, access, options);
        if let Some(spool) = service.spool() {
            let open = spool.open_channels().await.unwrap_or_default();
            let now = Moment::from(service.now());
            open.iter().for_each(|open| scrape.add_open(open, access, now, options));
            let (bytes, is_healthy, commits) = (spool.bytes_on_disk(), spool.is_healthy(), spool.commits());
            scrape.spool = Some(SpoolNumbers { bytes, is_healthy, commits });
            let newest = *spool.subscribe().borrow();
            let webhooks = service.webhooks().all().into_iter().filter(|(app, _)| access.sees(app));
            let lag = |reached: u64| newest.saturating_sub(reached);
            scrape.webhooks =
                webhooks.map(|(app, counters)| (app, counters.posts(), lag(counters.reached()))).collect();
        }
        scrape
    }

    fn look_at_channels(&mut self, service: &Service, access: &Access, options: Options) {
        let now = service.now();
        let channels = service.channels();
        for configured in channels.iter().filter(|configured| access.sees(&configured.id().app)) {
            let id = configured.id();
            let numbers = self.channels.entry((options.label(&id.app), id.vendor, id.environment)).or_default();
            let gate = configured.channel().map(|channel| channel.gate().state());
            let state = match configured.credentials().closed(now) {
                Some(_) => "closed",
                None => gate.as_ref().map_or("open", GateState::as_str),
            };
            *numbers.states.entry(state).or_default() += 1;
            let expiry = configured.credentials().seconds_left(now);
            numbers.expiry = [numbers.expiry, expiry].into_iter().flatten().min();
            let Some(snapshot) = configured.channel().map(|channel| channel.stats().snapshot()) else { continue };
            for (code, count) in &snapshot.codes {
                *self.codes.entry((id.vendor, code.clone())).or_default() += count;
            }
            numbers.add(&snapshot);
        }
        for (id, outcomes) in channels.unsent().into_iter().filter(|(id, _)| access.sees(&id.app)) {
            let place = (options.label(&id.app), id.vendor, id.environment);
            add_all(&mut self.channels.entry(place).or_default().snapshot.told, &outcomes);
        }
    }

    fn add_open(&mut self, open: &OpenChannel, access: &Access, now: Moment, options: Options) {
        let Some(id) = id_of(&open.channel).filter(|id| access.sees(&id.app)) else { return };
        let numbers = self.channels.entry((options.label(&id.app), id.vendor, id.environment)).or_default();
        let priority = match open.priority {
            Priority::High => "high",
            Priority::Normal => "normal",
        };
        *numbers.parts.entry(priority).or_default() += open.parts;
        let since = open.oldest_due.max(open.oldest_admitted_at);
        let age = now.as_millis().saturating_sub(since.as_millis()) as f64 / 1000.0;
        numbers.oldest_seconds = Some(numbers.oldest_seconds.map_or(age, |other| other.max(age)));
    }

    /// A number of each channel that has it.
    fn each(
        &self,
        sheet: &mut Sheet<'_>,
        metric: &'static Metric,
        write: impl Fn(&mut Family<'_>, &[&str], &Numbers) -> fmt::Result,
    ) -> fmt::Result {
        let mut family = sheet.family(metric)?;
        for ((app, vendor, environment), numbers) in &self.channels {
            let labels = [app.as_ref().map(AppId::as_str), Some(vendor.as_str()), Some(environment.as_str())];
            let labels: Vec<&str> = labels.into_iter().flatten().collect();
            write(&mut family, &labels, numbers)?;
        }
        Ok(())
    }

    /// The same by one more label.
    fn by(
        &self,
        sheet: &mut Sheet<'_>,
        metric: &'static Metric,
        counts: impl Fn(&Numbers) -> Vec<(&'static str, u64)>,
    ) -> fmt::Result {
        self.each(sheet, metric, |family, labels, numbers| {
            let mut labels = [labels, &[""]].concat();
            for (word, count) in counts(numbers) {
                *labels.last_mut().expect("it was just put there") = word;
                family.number(&labels, count as f64)?;
            }
            Ok(())
        })
    }

    fn encode_door(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        sheet.family(&table::BUILD)?.number(&[env!("CARGO_PKG_VERSION")], 1.0)?;
        sheet.single(&table::READY, f64::from(self.ready))?;
        for (metric, which) in [(&table::PUSHES, 0), (&table::TARGETS, 1)] {
            let mut family = sheet.family(metric)?;
            for (app, admitted) in &self.apps {
                for (mode, counts) in [("direct", admitted.direct), ("durable", admitted.durable)] {
                    let labels = [app.as_ref().map(AppId::as_str), Some(mode)];
                    let labels: Vec<&str> = labels.into_iter().flatten().collect();
                    family.number(&labels, counts[which] as f64)?;
                }
            }
        }
        let mut family = sheet.family(&table::REFUSED)?;
        self.refused.iter().try_for_each(|(reason, count)| family.number(&[reason], *count as f64))?;
        sheet.single(&table::UNDER_WAY, self.under_way.0 as f64)?;
        sheet.single(&table::ROOM, self.under_way.1 as f64)
    }

    fn encode_calls(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        self.by(sheet, &table::OUTCOMES, |numbers| pairs(&numbers.snapshot.told))?;
        self.by(sheet, &table::ATTEMPTS, |numbers| match numbers.is_used() {
            true => pairs(&numbers.snapshot.answers),
            false => Vec::new(),
        })?;
        self.encode_codes(sheet)?;
        self.each(sheet, &table::CALLS, |family, labels, numbers| match numbers.is_used() {
            true => family.durations(labels, &numbers.snapshot.call_times),
            false => Ok(()),
        })?;
        self.each(sheet, &table::QUEUE, |family, labels, numbers| match numbers.snapshot.queue_times.count() {
            0 => Ok(()),
            _ => family.durations(labels, &numbers.snapshot.queue_times),
        })?;
        let counts: [(&'static Metric, Count); 3] = [
            (&table::IN_FLIGHT, |snapshot| snapshot.in_flight as u64),
            (&table::RESENDS, |snapshot| snapshot.resends),
            (&table::RETRIES, |snapshot| snapshot.retries),
        ];
        for (metric, count) in counts {
            self.each(sheet, metric, |family, labels, numbers| match numbers.is_used() {
                true => family.number(labels, count(&numbers.snapshot) as f64),
                false => Ok(()),
            })?;
        }
        Ok(())
    }

    fn encode_connections(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let is_pool = |numbers: &Numbers| numbers.snapshot.dials != [0; 2];
        self.each(sheet, &table::CONNECTIONS, |family, labels, numbers| match is_pool(numbers) {
            true => family.number(labels, numbers.snapshot.connections as f64),
            false => Ok(()),
        })?;
        self.by(sheet, &table::DIALS, |numbers| results(numbers.snapshot.dials))?;
        self.by(sheet, &table::CLOSINGS, |numbers| {
            let words = Closing::ALL.iter().map(|closing| closing.as_str());
            words.zip(numbers.snapshot.closings).filter(|_| is_pool(numbers)).collect()
        })?;
        self.by(sheet, &table::RENEWALS, |numbers| results(numbers.snapshot.renewals))
    }

    fn encode_states(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        self.by(sheet, &table::CHANNELS, |numbers| pairs(&numbers.states))?;
        if let Some(reload) = self.reloaded {
            sheet.single(&table::RELOADED, f64::from(reload.is_successful))?;
            sheet.single(&table::RELOADED_AT, reload.succeeded_at() as f64)?;
        }
        self.each(sheet, &table::EXPIRY, |family, labels, numbers| match numbers.expiry {
            Some(seconds) => family.number(labels, seconds as f64),
            None => Ok(()),
        })
    }

    fn encode_spool(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let Some(SpoolNumbers { bytes, is_healthy, commits }) = self.spool else { return Ok(()) };
        self.by(sheet, &table::SPOOL_PARTS, |numbers| pairs(&numbers.parts))?;
        self.each(sheet, &table::SPOOL_AGE, |family, labels, numbers| match numbers.oldest_seconds {
            Some(seconds) => family.number(labels, seconds),
            None => Ok(()),
        })?;
        sheet.single(&table::SPOOL_BYTES, bytes as f64)?;
        sheet.single(&table::SPOOL_HEALTHY, f64::from(is_healthy))?;
        sheet.single(&table::COMMITS, commits as f64)?;
        let mut family = sheet.family(&table::WEBHOOK_POSTS)?;
        for (app, posts, _) in &self.webhooks {
            for (result, count) in ["ok", "failed"].into_iter().zip(*posts) {
                family.number(&[app.as_str(), result], count as f64)?;
            }
        }
        let mut family = sheet.family(&table::WEBHOOK_LAG)?;
        self.webhooks.iter().try_for_each(|(app, _, lag)| family.number(&[app.as_str()], *lag as f64))?;
        sheet.single(&table::READERS, self.readers as f64)
    }

    fn encode_codes(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let mut bounded: BTreeMap<(Vendor, &str), u64> = BTreeMap::new();
        let mut kinds: BTreeMap<Vendor, usize> = BTreeMap::new();
        for ((vendor, code), count) in &self.codes {
            let seen = kinds.entry(*vendor).or_default();
            let code = code.as_ref().filter(|_| *seen < MAX_CODES);
            *seen += usize::from(code.is_some());
            *bounded.entry((*vendor, code.map_or("other", VendorCode::as_str))).or_default() += count;
        }
        let mut family = sheet.family(&table::CODES)?;
        bounded.iter().try_for_each(|((vendor, code), count)| family.number(&[vendor.as_str(), code], *count as f64))
    }
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        self.encode_door(&mut sheet)?;
        self.encode_calls(&mut sheet)?;
        self.encode_connections(&mut sheet)?;
        self.encode_states(&mut sheet)?;
        self.encode_spool(&mut sheet)?;
        process::encode(&mut sheet)
    }
}

// === impl Numbers ===

impl Numbers {
    /// Whether a call was made, or is under way. A channel that was never used tells only its state.
    fn is_used(&self) -> bool {
        self.snapshot.calls() > 0 || self.snapshot.in_flight > 0
    }

    fn add(&mut self, other: &Snapshot) {
        let mine = &mut self.snapshot;
        mine.in_flight += other.in_flight;
        mine.connections += other.connections;
        mine.call_times.merge(&other.call_times);
        mine.queue_times.merge(&other.queue_times);
        add_all(&mut mine.answers, &other.answers);
        add_all(&mut mine.told, &other.told);
        mine.resends += other.resends;
        mine.retries += other.retries;
        add_each(&mut mine.dials, &other.dials);
        add_each(&mut mine.closings, &other.closings);
        add_each(&mut mine.renewals, &other.renewals);
    }
}

impl Default for Numbers {
    fn default() -> Self {
        let snapshot = Snapshot { call_times: Durations::CALLS, queue_times: Durations::QUEUE, ..Snapshot::default() };
        let (states, parts) = (BTreeMap::new(), BTreeMap::new());
        Self { snapshot, states, expiry: None, parts, oldest_seconds: None }
    }
}

fn add_all(counts: &mut BTreeMap<&'static str, u64>, others: &BTreeMap<&'static str, u64>) {
    for (word, count) in others {
        *counts.entry(word).or_default() += count;
    }
}

fn add_each(counts: &mut [u64], others: &[u64]) {
    for (count, other) in counts.iter_mut().zip(others) {
        *count += other;
    }
}

fn pairs(counts: &BTreeMap<&'static str, u64>) -> Vec<(&'static str, u64)> {
    counts.iter().map(|(word, count)| (*word, *count)).collect()
}

/// Nothing where nothing was ever tried.
fn results(counts: [u64; 2]) -> Vec<(&'static str, u64)> {
    match counts {
        [0, 0] => Vec::new(),
        [ok, failed] => vec![("ok", ok), ("failed", failed)],
    }
}

#[cfg(test)]
mod tests;
