//! What a notification plays.

use std::hash::{Hash, Hasher};

/// What to play when a notification arrives.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub enum Sound {
    /// The system's sound. The default.
    #[default]
    Default,
    /// Nothing.
    None,
    /// A file of the app.
    Ringtone(Ringtone),
}

/// A file of the app, by platform: Android names it without extension (in `res/raw`), iOS with it (in the bundle).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ringtone {
    /// The Android resource's name: lower-case letters, digits and `_`, beginning with a letter.
    pub android: Option<String>,
    /// The iOS file's name with its extension.
    pub ios: Option<String>,
    /// iOS critical alert: plays through silence; needs Apple's entitlement.
    pub critical: bool,
    /// Volume of a critical alert, 0 to 1.
    pub volume: Option<f64>,
}

// === impl Sound ===

impl Sound {
    /// The sound of one word: `default`, `none`, or a file's name that serves both platforms.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word {
            "default" => Ok(Sound::Default),
            "none" => Ok(Sound::None),
            name => Ringtone::named(name).map(Sound::Ringtone),
        }
    }
}

// === impl Ringtone ===

impl Hash for Ringtone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { android, ios, critical, volume } = self;
        // Checked volumes are no NaN, so equal ones have equal bits but for zero's sign.
        (android, ios, critical, volume.map(f64::to_bits)).hash(state);
    }
}

impl Ringtone {
    /// One name for both: iOS gets it as it is, Android without its extension.
    fn named(name: &str) -> Result<Self, String> {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let android = Self::android_name(stem)?;
        let ios = Self::ios_name(name)?;
        Ok(Self { android: Some(android), ios: Some(ios), ..Self::default() })
    }

    /// The name of an Android resource.
    pub fn android_name(name: &str) -> Result<String, String> {
        let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_';
        let fits =
            name.len() <= 100 && name.starts_with(|char: char| char.is_ascii_lowercase()) && name.chars().all(plain);
        fits.then(|| name.to_owned()).ok_or_else(|| {
            "must be an Android resource name: lower-case letters, digits and '_', beginning with a letter, \
             no extension"
                .to_owned()
        })
    }

    /// The name of a file in an iOS bundle.
    pub fn ios_name(name: &str) -> Result<String, String> {
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.' | ' ');
        let fits = (1..=100).contains(&name.len()) && !name.starts_with('.') && name.chars().all(plain);
        fits.then(|| name.to_owned())
            .ok_or_else(|| "must be a plain file name such as ring.wav (aiff, wav or caf)".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_serves_both_platforms() {
        let Sound::Ringtone(ringtone) = Sound::parse("xg_ring.wav").unwrap() else { panic!("a ringtone") };
        assert_eq!(ringtone.android.as_deref(), Some("xg_ring"));
        assert_eq!(ringtone.ios.as_deref(), Some("xg_ring.wav"));
    }

    #[test]
    fn words_are_not_files() {
        assert_eq!(Sound::parse("default").unwrap(), Sound::Default);
        assert_eq!(Sound::parse("none").unwrap(), Sound::None);
    }

    #[test]
    fn paths_are_refused() {
        for bad in ["../x.wav", "a/b.wav", "", "Ring.wav", ".wav"] {
            assert!(Sound::parse(bad).is_err(), "{bad}");
        }
    }
}
