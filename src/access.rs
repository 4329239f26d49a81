//! Who calls, and what he may see and do.
//!
//! A caller bears a key; the configuration has its hash, its apps and its actions. [`Keys`] finds it once for a request,
//! before anything of the body is read; the [`Access`] that comes of it goes with the request, and whoever deals with an app's
//! things asks it. Without any keys everybody may do everything, and the service listens on loopback only.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use config::{Action, KeyApps, KeyConfig, KeyHash};
use model::AppId;

/// The keys that are known. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Keys(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    ring: RwLock<Arc<Ring>>,
    /// Whether somebody is asked for a key though there is none.
    is_needed: AtomicBool,
}

type Ring = HashMap<KeyHash, Arc<KeyConfig>>;

/// What a caller may see and do.
#[derive(Clone, Debug)]
pub struct Access(Option<Arc<KeyConfig>>);

/// Why a caller may not. An app that does not exist and one that is not the key's are told in the same words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Not this app.
    #[error("the key is not for the app \"{0}\"")]
    App(AppId),
    /// None of these actions.
    #[error("the key has not the action {}", .0.iter().map(|action| action.as_str()).collect::<Vec<_>>().join(" or "))]
    Action(&'static [Action]),
}

/// No key is longer; what is longer need not be hashed.
const MAX_KEY_BYTES: usize = 256;

// === impl Keys ===

impl Keys {
    /// These keys.
    pub fn new(keys: Vec<KeyConfig>) -> Self {
        let ring = keys.into_iter().map(|key| (key.hash, Arc::new(key))).collect();
        Self(Arc::new(Shared { ring: RwLock::new(Arc::new(ring)), is_needed: AtomicBool::new(false) }))
    }

    /// Those of `others` instead, from the next request on. What is under way with a key that is gone goes on to its end.
    pub fn replace(&self, others: &Self) {
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = others.ring();
    }

    /// From now on a key is needed though there may be none, as where others can connect: then nobody is let in.
    pub fn need(&self) {
        self.0.is_needed.store(true, Ordering::Relaxed);
    }

    /// Whether nobody is asked for one.
    pub fn is_open(&self) -> bool {
        self.is_empty() && !self.0.is_needed.load(Ordering::Relaxed)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ring().is_empty()
    }

    /// What the bearer of a key may do; `None` if it is none of these.
    pub fn find(&self, key: &[u8]) -> Option<Access> {
        if key.len() > MAX_KEY_BYTES {
            return None;
        }
        // By its hash, of which nobody can choose a part: how long the search takes says nothing of the keys.
        let key = self.ring().get(&KeyHash::of(key))?.clone();
        Some(Access(Some(key)))
    }

    fn ring(&self) -> Arc<Ring> {
        self.0.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

// === impl Access ===

impl Access {
    /// Everything: where there are no keys, and for the service's own purposes.
    pub const fn full() -> Self {
        Self(None)
    }

    /// The name of the key, if there is one.
    pub fn key(&self) -> Option<&str> {
        self.0.as_ref().map(|key| &*key.name)
    }

    /// Whether at least one of these actions may be done.
    pub fn may(&self, actions: &[Action]) -> bool {
        self.0.as_ref().is_none_or(|key| actions.iter().any(|action| key.actions.contains(*action)))
    }

    /// The same, or why not.
    pub fn check(&self, actions: &'static [Action]) -> Result<(), Denied> {
        if self.may(actions) { Ok(()) } else { Err(Denied::Action(actions)) }
    }

    /// Whether it is for an app.
    pub fn sees(&self, app: &AppId) -> bool {
        self.0.as_ref().is_none_or(|key| key.apps.contains(app))
    }

    /// The same, or why not.
    pub fn check_app(&self, app: &AppId) -> Result<(), Denied> {
        if self.sees(app) { Ok(()) } else { Err(Denied::App(app.clone())) }
    }

    /// The app that it is for, if that is the only one.
    pub fn only_app(&self) -> Option<&AppId> {
        match &self.0.as_ref()?.apps {
            KeyApps::Some(apps) if apps.len() == 1 => apps.first(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, apps: KeyApps, actions: &[Action]) -> KeyConfig {
        let actions = actions.iter().copied().collect();
        KeyConfig { name: name.to_owned(), hash: KeyHash::of(name.as_bytes()), apps, actions }
    }

    fn app(name: &str) -> AppId {
        AppId::parse(name).unwrap()
    }

    #[test]
    fn a_key_opens_its_own_apps_and_actions() {
        let shop = key("shop", KeyApps::Some([app("a")].into()), &[Action::Send]);
        let keys = Keys::new(vec![shop, key("ops", KeyApps::All, &[Action::Admin])]);
        let shop = keys.find(b"shop").unwrap();
        assert_eq!((shop.key(), shop.sees(&app("a")), shop.sees(&app("b"))), (Some("shop"), true, false));
        assert!(shop.may(&[Action::Read, Action::Send]) && !shop.may(&[Action::Admin]));
        assert_eq!(
            shop.check(&[Action::Read, Action::Admin]).unwrap_err().to_string(),
            "the key has not the action read or admin"
        );
        let ops = keys.find(b"ops").unwrap();
        assert!(ops.sees(&app("a")) && !ops.may(&[Action::Send]));
        assert!(keys.find(b"sho").is_none() && keys.find(b"").is_none() && keys.find(&[b'x'; 1000]).is_none());
    }

    #[test]
    fn keys_are_replaced_for_all_that_share_them() {
        let keys = Keys::new(vec![key("old", KeyApps::All, &Action::ALL)]);
        let shared = keys.clone();
        keys.replace(&Keys::new(vec![key("new", KeyApps::All, &Action::ALL)]));
        assert!(shared.find(b"old").is_none() && shared.find(b"new").is_some() && !shared.is_open());
        keys.replace(&Keys::default());
        assert!(shared.is_open());
        keys.need();
        assert!(!shared.is_open(), "where others can connect, no keys let nobody in");
    }
}
