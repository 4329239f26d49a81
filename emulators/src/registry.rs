//! Every vendor we emulate.

use crate::vendor::Vendor;
use crate::{apns, fcm, huawei, meizu, mi};

/// Order is the order of fixed ports and of the documentation.
pub(crate) static ALL: &[&dyn Vendor] = &[&apns::VENDOR, &fcm::VENDOR, &mi::VENDOR, &huawei::VENDOR, &meizu::VENDOR];

/// The row of a vendor.
pub(crate) fn index(name: &str) -> Option<usize> {
    ALL.iter().position(|vendor| vendor.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendor_has_its_own_name_and_an_environment() {
        for (row, vendor) in ALL.iter().enumerate() {
            assert_eq!(index(vendor.name()), Some(row));
            assert!(!vendor.environments().is_empty());
        }
    }
}
