//! Samples of pushes, answers and configurations are what they are said to be.

use std::path::Path;

use config::Config;
use model::{Push, Vendor};
use pushmux::channels::Channels;
use pushmux::webhooks;

use super::json_shape::shown;
use super::page::pages;
use crate::configuration::source;

#[test]
fn every_push_that_is_shown_is_one() {
    let vendors: Vec<Vendor> = adapters::ALL.iter().map(|adapter| adapter.vendor()).collect();
    let mut seen = 0;
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.kind == "json") {
            let place = format!("{}:{}", page.name, block.line);
            let lines: Option<Vec<_>> = block.text.lines().map(shown).collect();
            let value = shown(&block.text).or_else(|| lines.map(Into::into));
            let value = value.unwrap_or_else(|| panic!("{place}: no JSON"));
            if value.get("targets").is_some() && value.get("message").is_some() {
                let push = Push::parse(block.text.as_bytes(), &vendors);
                assert!(push.is_ok(), "{place}: {push:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn every_configuration_that_is_shown_is_good() {
    let mut seen = 0;
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.kind == "toml") {
            let place = format!("{}:{}", page.name, block.line);
            let config = Config::parse(&block.text, Path::new("pushmux.toml"), &source());
            let config = config.unwrap_or_else(|fault| panic!("{place}: {fault:?}"));
            let channels = Channels::open(&config, &channel::Clock::system());
            let webhooks = webhooks::open(&config);
            let faults = channels.err().into_iter().chain(webhooks.err()).flatten();
            // The machine's authorities are not needed here.
            let faults: Vec<_> = faults.filter(|fault| !fault.detail.contains("authorities")).collect();
            assert!(faults.is_empty(), "{place}: {faults:?}");
            seen += 1;
        }
    }
    assert!(seen > 5);
}
