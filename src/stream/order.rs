//! Pushes to the same device leave one after the other, in the order they came.
//!
//! Each push waits for the last one before it that has a device in common with it, and for nothing else. A device is known by
//! a 64-bit hash; two that share one wait for each other without need, and nothing worse.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

use model::Target;

/// Who waits for whom.
#[derive(Debug)]
pub(super) struct Order<P> {
    hasher: RandomState,
    /// The last push that came for each device.
    last: HashMap<u64, u64>,
    /// The devices of each push that is not settled.
    devices: HashMap<u64, Box<[u64]>>,
    /// Pushes that wait, and for how many others.
    waiting: HashMap<u64, (usize, P)>,
    /// Who waits for a push.
    dependents: HashMap<u64, Vec<u64>>,
}

// === impl Order ===

impl<P> Order<P> {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            last: HashMap::new(),
            devices: HashMap::new(),
            waiting: HashMap::new(),
            dependents: HashMap::new(),
        }
    }

    /// The devices of a push.
    pub(super) fn devices(&self, targets: &[Target]) -> Box<[u64]> {
        let device = |target: &Target| {
            self.hasher.hash_one((target.vendor.as_str(), target.environment.as_str(), target.token.as_str()))
        };
        targets.iter().map(device).collect()
    }

    /// Takes a push with its [devices](Self::devices); gives it back if it may leave at once. Numbers grow.
    pub(super) fn enter(&mut self, number: u64, devices: Box<[u64]>, push: P) -> Option<P> {
        let mut before: Vec<u64> = Vec::new();
        for device in &devices {
            match self.last.entry(*device) {
                Entry::Vacant(vacant) => drop(vacant.insert(number)),
                Entry::Occupied(mut occupied) => {
                    let earlier = occupied.insert(number);
                    // A device may stand twice in one push.
                    if earlier != number && !before.contains(&earlier) {
                        before.push(earlier);
                    }
                }
            }
        }
        self.devices.insert(number, devices);
        if before.is_empty() {
            return Some(push);
        }
        self.waiting.insert(number, (before.len(), push));
        for earlier in before {
            self.dependents.entry(earlier).or_default().push(number);
        }
        None
    }

    /// A push is settled: those that may leave now, in order.
    pub(super) fn settle(&mut self, number: u64) -> Vec<(u64, P)> {
        for device in self.devices.remove(&number).unwrap_or_default() {
            if let Entry::Occupied(last) = self.last.entry(device)
                && *last.get() == number
            {
                last.remove();
            }
        }
        let mut free = Vec::new();
        for dependent in self.dependents.remove(&number).unwrap_or_default() {
            let Entry::Occupied(mut waiting) = self.waiting.entry(dependent) else { continue };
            waiting.get_mut().0 -= 1;
            if waiting.get().0 == 0 {
                free.push((dependent, waiting.remove().1));
            }
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{DeviceToken, Environment, Vendor};
    use proptest::prelude::*;

    fn targets(devices: &[u8]) -> Vec<Target> {
        let target = |device: &u8| Target {
            index: 0,
            vendor: Vendor::new("apns"),
            token: DeviceToken::parse(&device.to_string()).unwrap(),
            environment: Environment::Production,
            dialect: None,
        };
        devices.iter().map(target).collect()
    }

    fn enter<P>(order: &mut Order<P>, number: u64, devices: &[u8], push: P) -> Option<P> {
        order.enter(number, order.devices(&targets(devices)), push)
    }

    #[test]
    fn only_those_wait_that_have_a_device_in_common() {
        let mut order = Order::new();
        assert_eq!(enter(&mut order, 0, &[1, 1], 'a'), Some('a'));
        assert_eq!(enter(&mut order, 1, &[2], 'b'), Some('b'));
        assert_eq!(enter(&mut order, 2, &[1, 2], 'c'), None);
        assert_eq!(enter(&mut order, 3, &[1], 'd'), None);
        assert_eq!(order.settle(0), []);
        assert_eq!(order.settle(1), [(2, 'c')]);
        assert_eq!(order.settle(2), [(3, 'd')]);
        assert_eq!(order.settle(3), []);
        assert!(order.last.is_empty() && order.devices.is_empty() && order.dependents.is_empty());
    }

    proptest! {
        /// Whatever settles when: each device sees its pushes in order, one at a time, and none is left behind.
        #[test]
        fn every_device_sees_its_pushes_in_order(
            pushes in prop::collection::vec(prop::collection::vec(0u8..6, 1..4), 1..40),
            choices in prop::collection::vec(any::<prop::sample::Index>(), 200),
        ) {
            let mut order = Order::new();
            let (mut under_way, mut seen): (Vec<u64>, HashMap<u8, Vec<u64>>) = (Vec::new(), HashMap::new());
            let mut incoming = pushes.iter().enumerate();
            let mut left = |numbers: Vec<u64>, under_way: &mut Vec<u64>| -> Result<(), TestCaseError> {
                for number in numbers {
                    for device in &pushes[usize::try_from(number).unwrap()] {
                        let earlier = seen.entry(*device).or_default();
                        prop_assert!(earlier.last().is_none_or(|last| *last <= number));
                        let together = under_way.iter().any(|other| pushes[usize::try_from(*other).unwrap()].contains(device));
                        prop_assert!(!together);
                        earlier.push(number);
                    }
                    under_way.push(number);
                }
                Ok(())
            };
            for choice in choices {
                if let Some((number, devices)) = incoming.next() {
                    let number = number as u64;
                    let free = enter(&mut order, number, devices, ()).map(|()| number);
                    left(free.into_iter().collect(), &mut under_way)?;
                }
                if !under_way.is_empty() && choice.index(3) > 0 {
                    let settled = under_way.swap_remove(choice.index(under_way.len()));
                    let free = order.settle(settled).into_iter().map(|(number, ())| number).collect();
                    left(free, &mut under_way)?;
                }
            }
            while let Some(settled) = under_way.pop() {
                let free = order.settle(settled).into_iter().map(|(number, ())| number).collect();
                left(free, &mut under_way)?;
            }
            prop_assert!(incoming.next().is_none() && order.waiting.is_empty() && order.last.is_empty());
        }
    }
}
