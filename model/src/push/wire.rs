//! A push exactly as it stands in JSON. All fields are optional here; [`super::check`] says what is required.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::{Map, Value};

use super::MAX_TARGETS;
use crate::parse::Object;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct RawPush {
    pub(super) id: Option<String>,
    pub(super) app: Option<String>,
    pub(super) message: Option<Object<RawMessage>>,
    pub(super) options: Option<Object<RawOptions>>,
    pub(super) targets: Option<RawTargets>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct RawMessage {
    pub(super) title: Option<String>,
    pub(super) subtitle: Option<String>,
    pub(super) body: Option<String>,
    pub(super) image: Option<String>,
    pub(super) sound: Option<RawSound>,
    pub(super) click: Option<Object<RawClick>>,
    pub(super) badge: Option<Whole<u32>>,
    pub(super) group: Option<String>,
    pub(super) category: Option<String>,
    pub(super) android_channel: Option<String>,
    pub(super) icon: Option<String>,
    pub(super) color: Option<String>,
    pub(super) importance: Option<String>,
    pub(super) push_type: Option<String>,
    pub(super) data: Option<BTreeMap<String, String>>,
    pub(super) overrides: Option<BTreeMap<String, Map<String, Value>>>,
}

#[derive(Debug)]
pub(super) enum RawSound {
    Word(String),
    Each(RawRingtone),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a string or an object with android and ios")]
pub(super) struct RawRingtone {
    pub(super) android: Option<String>,
    pub(super) ios: Option<String>,
    pub(super) critical: Option<bool>,
    pub(super) volume: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct RawClick {
    pub(super) app: Option<bool>,
    pub(super) url: Option<String>,
    pub(super) deep_link: Option<String>,
    pub(super) activity: Option<String>,
    pub(super) params: Option<BTreeMap<String, String>>,
    pub(super) intent: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct RawOptions {
    pub(super) ttl: Option<Whole<u64>>,
    pub(super) priority: Option<String>,
    pub(super) replace_key: Option<String>,
    pub(super) send_at: Option<String>,
    pub(super) overflow: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct RawTarget {
    pub(super) vendor: Option<String>,
    pub(super) token: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) dialect: Option<String>,
}

/// The targets, as far as they are kept: a list that is too long is counted to its end but not stored.
#[derive(Debug)]
pub(super) struct RawTargets {
    pub(super) kept: Vec<RawTarget>,
    pub(super) count: usize,
}

/// A whole number, 0 or more, however it is written: to JSON `60.0` is one too, and some programs write it so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole<T>(pub(super) T);

struct SoundVisitor;

struct WholeVisitor<T>(PhantomData<T>);

struct TargetsVisitor;

// === impl RawTargets ===

impl<'de> Deserialize<'de> for RawTargets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(TargetsVisitor)
    }
}

impl<'de> Visitor<'de> for TargetsVisitor {
    type Value = RawTargets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<RawTargets, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < MAX_TARGETS {
            match elements.next_element::<Object<RawTarget>>()? {
                Some(Object(target)) => kept.push(target),
                None => return Ok(RawTargets { count: kept.len(), kept }),
            }
        }
        let mut count = kept.len();
        while elements.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(RawTargets { kept, count })
    }
}

// === impl Whole ===

impl<'de, T: TryFrom<u64>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(WholeVisitor(PhantomData))
    }
}

impl<T: TryFrom<u64>> Visitor<'_> for WholeVisitor<T> {
    type Value = Whole<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, 0 or more")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole<T>, E> {
        T::try_from(number).map(Whole).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole<T>, E> {
        let whole = u64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))?;
        self.visit_u64(whole)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole<T>, E> {
        // Up to here every whole number has a float of its own.
        const EXACT: f64 = (1u64 << f64::MANTISSA_DIGITS) as f64;
        match number {
            whole if whole.fract() == 0.0 && (0.0..=EXACT).contains(&whole) => self.visit_u64(whole as u64),
            other => Err(E::invalid_type(Unexpected::Float(other), &self)),
        }
    }
}

// === impl RawSound ===

impl<'de> Deserialize<'de> for RawSound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SoundVisitor)
    }
}

impl<'de> Visitor<'de> for SoundVisitor {
    type Value = RawSound;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an object with android and ios")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<RawSound, E> {
        Ok(RawSound::Word(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawSound, A::Error> {
        RawRingtone::deserialize(MapAccessDeserializer::new(map)).map(RawSound::Each)
    }
}
