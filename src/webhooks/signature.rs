//! Signatures as Standard Webhooks 1.0 has them: HMAC-SHA256 over id, time and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::WebhookSecret;
use hmac::{Hmac, Mac};
use http::HeaderValue;
use sha2::Sha256;

/// The value of `webhook-signature`. Neither id nor time hold a full stop, so that the parts cannot be shifted.
pub(super) fn signature(secret: &WebhookSecret, id: &str, seconds: u64, body: &[u8]) -> HeaderValue {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal()).expect("a key of any length fits");
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    HeaderValue::try_from(format!("v1,{signature}")).expect("base64 fits in a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(body: &[u8]) -> HeaderValue {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
    }

    /// From the test data of the Standard Webhooks libraries.
    #[test]
    fn the_published_example_is_met() {
        assert_eq!(signed(b"{\"test\": 2432232314}"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_ne!(signed(b"{\"test\": 2432232315}"), signed(b"{\"test\": 2432232314}"));
    }
}
