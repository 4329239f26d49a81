use std::time::{Duration, Instant};

use model::{Environment, Outcome};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::*;

/// A channel of which everything can be told that there is to tell.
fn busiest() -> Numbers {
    let counts = |words: &[&'static str]| words.iter().map(|word| (*word, 1_234_567)).collect();
    let mut numbers = Numbers {
        states: counts(&["open"]),
        expiry: Some(31_536_000),
        parts: counts(&["high", "normal"]),
        oldest_seconds: Some(12.345),
        ..Numbers::default()
    };
    let snapshot = &mut numbers.snapshot;
    (snapshot.told, snapshot.answers) = (counts(&Outcome::WORDS), counts(&Outcome::WORDS));
    (snapshot.dials, snapshot.closings, snapshot.renewals) = ([1, 2], [1; Closing::ALL.len()], [1, 2]);
    snapshot.in_flight = 3;
    numbers
}

fn text(scrape: Scrape) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(scrape));
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    text
}

fn series(text: &str) -> usize {
    text.lines().filter(|line| !line.starts_with('#')).count()
}

/// `docs/metrics.md` quotes these numbers.
#[test]
fn a_thousand_apps_with_five_channels_have_so_many_series() {
    let vendors = adapters::vendors();
    let of_channel = |app: usize, vendor: &Vendor| {
        let app = AppId::parse(&format!("com.example.application-{app}")).unwrap();
        (Some(app), *vendor, Environment::Production)
    };
    let places = || (0..1000).flat_map(|app| vendors.iter().map(move |vendor| of_channel(app, vendor)));
    let busy = Scrape { channels: places().map(|place| (place, busiest())).collect(), ..Scrape::default() };
    let idle = |place| (place, Numbers { states: BTreeMap::from([("open", 1)]), ..Numbers::default() });
    let idle = Scrape { channels: places().map(idle).collect(), ..Scrape::default() };
    let alone = series(&text(Scrape::default()));
    let begun = Instant::now();
    let busy = text(busy);
    let took = begun.elapsed();
    println!("{} series, {} bytes, {took:?}", series(&busy), busy.len());
    // And eleven of the queue's histogram, in a channel that has durable pushes.
    assert_eq!((series(&busy) - alone) / 5000, 52);
    assert_eq!(series(&text(idle)) - alone, 5000, "a channel that was never used tells only its state");
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn vendors_cannot_make_codes_without_end() {
    let vendor = adapters::vendors()[0];
    let codes = (0..1000).map(|number| ((vendor, Some(VendorCode::new(&format!("c{number}")))), 1));
    let scrape = Scrape { codes: codes.collect(), ..Scrape::default() };
    let text = text(scrape);
    let told = text.lines().filter(|line| line.starts_with("pushmux_vendor_codes_total{"));
    assert_eq!(told.clone().count(), MAX_CODES + 1);
    assert!(told.clone().any(|line| line.contains("code=\"other\"") && line.ends_with(" 800")), "{text}");
}
