//! What vendors would be sent of a push: its JSON.

use std::collections::HashMap;
use std::sync::Mutex;

use model::{AccessToken, Authorisation, BoundAdapter, Call, Composition, NotifyId, Push, Target};

use crate::channels::{all, now, targets};

/// A push is composed within the vendor's bound, or refused; the request of every call goes to the vendor and nowhere else.
pub fn render(data: &[u8]) {
    let Ok(push) = Push::parse(data, adapters::vendors()) else { return };
    for bound in all() {
        let vendor = bound.vendor.vendor();
        let own: Vec<Target> = push.targets.iter().filter(|target| target.vendor == vendor).take(3).cloned().collect();
        let own = if own.is_empty() { targets(bound.vendor, 1) } else { own };
        // Only the targets of one dialect go together.
        let dialect = own[0].dialect.clone();
        let own: Vec<Target> = own.into_iter().filter(|target| target.dialect == dialect).collect();
        requests(&*bound.channel, &push, &own);
    }
}

fn requests(channel: &dyn BoundAdapter, push: &Push, targets: &[Target]) {
    let composition = Composition {
        message: &push.message,
        options: &push.options,
        dialect: targets[0].dialect.as_deref(),
        notify_id: NotifyId(4711),
        nonce: 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef,
        now: now(),
    };
    let Ok(composed) = channel.compose(&composition) else { return };
    let good: Vec<Target> = targets.iter().filter(|target| channel.check_target(target).is_ok()).cloned().collect();
    for targets in good.chunks(channel.limits().targets_per_call) {
        let access_token = access_token(channel, composed.credential);
        let call = Call { composed: &composed, targets, access_token: access_token.as_ref(), now: now() };
        let request = channel.address(&call);
        assert_eq!(request.uri().authority(), channel.endpoint().authority(), "{}", request.uri());
        assert_eq!(request.uri().scheme(), channel.endpoint().scheme());
    }
}

/// By channel and credential.
type Made = HashMap<(String, u8), Option<AccessToken>>;

/// A signature costs a thousand times what all the rest does, and is always of the same.
fn access_token(channel: &dyn BoundAdapter, credential: u8) -> Option<AccessToken> {
    static MADE: Mutex<Option<Made>> = Mutex::new(None);
    let mut made = MADE.lock().expect("no one panics while holding it");
    let key = (format!("{channel:?}"), credential);
    let make = || match channel.authorise(credential, None, now()) {
        Authorisation::Ready(token) => Some(token),
        Authorisation::NotNeeded => None,
        Authorisation::Exchange(_) => {
            let header = http::HeaderValue::from_static("Bearer exchanged");
            Some(AccessToken::new(header, now(), now(), now()))
        }
    };
    made.get_or_insert_default().entry(key).or_insert_with(make).clone()
}
