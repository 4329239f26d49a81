//! Every vendor we speak, one private folder each.
//!
//! A vendor's folder is the only place that knows its wire words. All of it is pure: no socket, no disk, no clock, so that
//! what a vendor would be sent and what its answers mean are tables of files under `fixtures/`.
//!
//! Adding a vendor: its folder here, its `mod` line and its row in [`ALL`].

mod apns;
mod common;
mod fcm;
mod huawei;
mod meizu;
mod mi;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod fixtures;

use std::sync::LazyLock;

use model::{Adapter, Vendor};

/// Every vendor we speak. The order is that of the docs.
pub static ALL: &[&dyn Adapter] = &[&apns::ADAPTER, &fcm::ADAPTER, &mi::ADAPTER, &huawei::ADAPTER, &meizu::ADAPTER];

/// Their names, in the same order.
pub fn vendors() -> &'static [Vendor] {
    static VENDORS: LazyLock<Vec<Vendor>> = LazyLock::new(|| ALL.iter().map(|adapter| adapter.vendor()).collect());
    &VENDORS
}

/// The adapter of a vendor.
pub fn find(vendor: Vendor) -> Option<&'static dyn Adapter> {
    ALL.iter().copied().find(|adapter| adapter.vendor() == vendor)
}
