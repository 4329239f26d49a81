//! How long to wait before something is tried again.

use std::time::Duration;

/// The wait after so many failures in a row, the first of them counted as 0: it doubles each time, up to `longest`. Half of it
/// is fixed, the other half goes by `chance` (0 to 1), so that those who failed together do not come back together.
pub(crate) fn wait(first: Duration, longest: Duration, failures: u32, chance: f64) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(failures)).min(longest);
    full.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// A random number, 0 to 1.
pub(crate) fn chance() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_u128() as u32) / f64::from(u32::MAX)
}
