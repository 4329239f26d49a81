//! Who may be sent to a device: one push after the other, in the order they came.
//!
//! A device is held by the first push that claimed it until every target there has its final outcome *on disk*, over retries
//! too, whether the push is in memory meanwhile or not. Others queue behind it; pushes to other devices never notice. A device
//! is known by a 64-bit hash: two that share one wait for each other without need, and nothing worse.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};

/// Devices that are held, of one channel and priority.
#[derive(Debug, Default)]
pub(super) struct Holds {
    devices: HashMap<u64, Hold>,
}

#[derive(Debug)]
struct Hold {
    /// The push that may be sent.
    holder: u64,
    /// Its targets there that are in memory.
    targets: u32,
    /// Those that wait, in the order of admission.
    queue: VecDeque<u64>,
}

// === impl Hold ===

impl Hold {
    /// A push that was admitted before the holder goes first as long as the holder is not in memory. After a start what is read
    /// from the spool does not come in the order of admission.
    fn give_way(&mut self, push: u64) {
        self.dequeue(push);
        let holder = std::mem::replace(&mut self.holder, push);
        self.enqueue(holder);
    }

    fn enqueue(&mut self, push: u64) {
        if let Err(at) = self.queue.binary_search(&push) {
            self.queue.insert(at, push);
        }
    }

    fn dequeue(&mut self, push: u64) {
        if let Ok(at) = self.queue.binary_search(&push) {
            self.queue.remove(at);
        }
    }
}

// === impl Holds ===

impl Holds {
    /// How many devices are held.
    pub(super) fn len(&self) -> usize {
        self.devices.len()
    }

    /// Claims a device for one target of a push: whether it may be sent now. If not, the push is told when it
    /// [holds](Self::release) the device, and claims again.
    pub(super) fn claim(&mut self, device: u64, push: u64) -> bool {
        match self.devices.entry(device) {
            Entry::Vacant(vacant) => {
                vacant.insert(Hold { holder: push, targets: 1, queue: VecDeque::new() });
                true
            }
            Entry::Occupied(mut occupied) => {
                let hold = occupied.get_mut();
                if hold.targets == 0 && push < hold.holder {
                    hold.give_way(push);
                }
                if hold.holder == push {
                    hold.targets += 1;
                    return true;
                }
                hold.enqueue(push);
                false
            }
        }
    }

    /// Holds a device for a push that is not in memory and waits for its next try.
    pub(super) fn reserve(&mut self, device: u64, push: u64) {
        if self.claim(device, push) {
            self.keep(device, push);
        }
    }

    /// One target of its holder leaves memory without a final outcome: the device stays held.
    pub(super) fn keep(&mut self, device: u64, push: u64) {
        if let Some(hold) = self.devices.get_mut(&device).filter(|hold| hold.holder == push) {
            hold.targets = hold.targets.saturating_sub(1);
        }
    }

    /// One target of a push has its final outcome. Gives the push that holds the device now, if it is another.
    pub(super) fn release(&mut self, device: u64, push: u64) -> Option<u64> {
        let hold = self.devices.get_mut(&device)?;
        if hold.holder != push {
            // Its time was over before its turn came.
            hold.dequeue(push);
            return None;
        }
        hold.targets = hold.targets.saturating_sub(1);
        if hold.targets > 0 {
            return None;
        }
        self.pass_on(device)
    }

    fn pass_on(&mut self, device: u64) -> Option<u64> {
        let hold = self.devices.get_mut(&device)?;
        match hold.queue.pop_front() {
            Some(next) => {
                (hold.holder, hold.targets) = (next, 0);
                Some(next)
            }
            None => {
                self.devices.remove(&device);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_device_passes_from_push_to_push_in_order() {
        let mut holds = Holds::default();
        assert!(holds.claim(7, 1));
        assert!(!holds.claim(7, 2) && !holds.claim(7, 3));
        assert!(holds.claim(8, 3), "other devices are free");
        assert_eq!(holds.release(7, 1), Some(2));
        assert!(holds.claim(7, 2));
        assert_eq!(holds.release(7, 2), Some(3));
        assert!(holds.claim(7, 3));
        assert_eq!(holds.release(7, 3), None);
        assert_eq!(holds.release(8, 3), None);
        assert_eq!(holds.len(), 0);
    }

    #[test]
    fn a_push_that_stands_twice_at_a_device_holds_it_until_both_are_settled() {
        let mut holds = Holds::default();
        assert!(holds.claim(7, 1) && holds.claim(7, 1));
        assert!(!holds.claim(7, 2));
        assert_eq!(holds.release(7, 1), None);
        assert_eq!(holds.release(7, 1), Some(2));
    }

    #[test]
    fn a_retry_that_waits_outside_keeps_its_device() {
        let mut holds = Holds::default();
        assert!(holds.claim(7, 1));
        holds.keep(7, 1);
        assert!(!holds.claim(7, 2));
        assert!(holds.claim(7, 1), "it comes back");
        assert_eq!(holds.release(7, 1), Some(2));
    }

    #[test]
    fn after_a_start_the_order_of_admission_holds_whatever_is_read_first() {
        let mut holds = Holds::default();
        // The third push is due before the first one; it was tried for another device, and waits for its turn at this one.
        holds.reserve(7, 3);
        holds.reserve(7, 1);
        assert!(!holds.claim(7, 3) && !holds.claim(7, 4) && !holds.claim(7, 2));
        assert!(holds.claim(7, 1));
        for (push, next) in [(1, 2), (2, 3), (3, 4)] {
            assert_eq!(holds.release(7, push), Some(next));
            assert!(!holds.claim(7, 9), "later ones wait");
            assert!(holds.claim(7, next));
        }
        assert_eq!(holds.release(7, 4), Some(9));
    }

    #[test]
    fn a_push_that_is_being_sent_gives_way_to_none() {
        let mut holds = Holds::default();
        assert!(holds.claim(7, 2));
        assert!(!holds.claim(7, 1));
        assert_eq!(holds.release(7, 2), Some(1));
    }

    #[test]
    fn what_is_settled_elsewhere_lets_the_others_go() {
        let mut holds = Holds::default();
        holds.reserve(7, 1);
        assert!(!holds.claim(7, 2) && !holds.claim(7, 3));
        assert_eq!(holds.release(7, 2), None);
        assert_eq!(holds.release(7, 1), Some(3));
        assert_eq!(holds.release(7, 3), None);
        assert_eq!(holds.len(), 0);
    }

    proptest! {
        /// Pushes of one target each: every device sees them in order and one at a time, and none is left behind.
        #[test]
        fn every_device_sees_its_pushes_in_order(
            devices in prop::collection::vec(0u64..4, 1..60),
            choices in prop::collection::vec((any::<prop::sample::Index>(), 0u8..4), 400),
        ) {
            let mut holds = Holds::default();
            let mut seen: HashMap<u64, Vec<u64>> = HashMap::new();
            let mut under_way: Vec<u64> = Vec::new();
            let device = |push: u64| devices[usize::try_from(push).unwrap()];
            let mut incoming = 0..devices.len() as u64;
            for (choice, action) in choices {
                if action == 0 && let Some(push) = incoming.next() {
                    if holds.claim(device(push), push) {
                        under_way.push(push);
                    }
                } else if !under_way.is_empty() {
                    let at = choice.index(under_way.len());
                    let push = under_way[at];
                    if action == 1 {
                        // A retry: it leaves and comes back.
                        holds.keep(device(push), push);
                        prop_assert!(holds.claim(device(push), push));
                        continue;
                    }
                    under_way.swap_remove(at);
                    let earlier = seen.entry(device(push)).or_default();
                    prop_assert!(earlier.last().is_none_or(|last| *last < push));
                    earlier.push(push);
                    if let Some(next) = holds.release(device(push), push) {
                        prop_assert!(holds.claim(device(next), next));
                        under_way.push(next);
                    }
                }
                let busy: std::collections::HashSet<u64> = under_way.iter().map(|push| device(*push)).collect();
                prop_assert_eq!(busy.len(), under_way.len());
            }
            while let Some(push) = under_way.pop() {
                if let Some(next) = holds.release(device(push), push) {
                    prop_assert!(holds.claim(device(next), next));
                    under_way.push(next);
                }
            }
            prop_assert_eq!(holds.len(), 0);
        }
    }
}
