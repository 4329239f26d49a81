//! Device tokens that are nobody's, for probes: APNs, FCM, Huawei and Meizu.
//!
//! They are made of the probe's nonce, so that two probes differ and neither hits a token that anyone was given.

use model::{DeviceToken, Environment, Target, Vendor};

/// 64 hexadecimal digits, the form of Apple's tokens.
pub(crate) fn hex(nonce: u128) -> String {
    format!("{nonce:032x}{:032x}", !nonce)
}

/// The target of a probe.
pub(crate) fn target(vendor: Vendor, environment: Environment, token: &str, dialect: Option<&str>) -> Target {
    let token = DeviceToken::parse(token).expect("a made-up token is short and of visible characters");
    Target { index: 0, vendor, token, environment, dialect: dialect.map(Box::from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_nonce_gives_sixty_four_digits() {
        for nonce in [0, 1, u128::MAX, 0xfeed] {
            let token = hex(nonce);
            assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
        }
        assert_ne!(hex(1), hex(2));
    }
}
