//! Which of a file's certificates and keys belong together and are meant.
//!
//! Keychain Access exports whatever was selected, so a file may hold a developer's whole collection. A certificate and a key
//! are a pair if their public keys are equal; names and ids that a PKCS#12 file gives them are hints only.

use time::OffsetDateTime;

use crate::apple::AppleCertificate;
use crate::chain::Chain;
use crate::contents::{Certificate, Contents, KeyKind, PrivateKey};
use crate::unreadable::Unreadable;
use crate::x509::{self, Facts};

/// A certificate, read.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    pub(crate) certificate: &'a Certificate,
    pub(crate) facts: Facts,
    pub(crate) apple: Option<AppleCertificate>,
    /// The place of its key in [`Contents::keys`].
    pub(crate) key: Option<usize>,
}

/// What a file is about.
#[derive(Debug)]
pub(crate) struct Choice<'a> {
    /// Every certificate of the file.
    pub(crate) all: Vec<Read<'a>>,
    /// The certificate that is meant, in `all`.
    pub(crate) leaf: Option<usize>,
    /// Others that could have been meant as well, in `all`; not empty means that nobody can tell.
    pub(crate) rivals: Vec<usize>,
    /// How many others are for the same topics and key, but end sooner.
    pub(crate) passed_over: usize,
    /// The key: the leaf's own; else, where there is only one in the file, that.
    pub(crate) key: Option<&'a PrivateKey>,
    /// Whether the key is the leaf's own.
    pub(crate) key_fits: bool,
    /// The leaf's issuers within the file.
    pub(crate) chain: Chain,
}

/// Certificates that are named where several may be meant.
pub(crate) const MAX_NAMES: usize = 10;

// === impl Choice ===

impl<'a> Choice<'a> {
    /// Chooses. A topic settles which of several push certificates is meant.
    pub(crate) fn of(contents: &'a Contents, topic: Option<&str>, now: OffsetDateTime) -> Result<Self, Unreadable> {
        let mut all = Vec::with_capacity(contents.certificates.len());
        let mut parsed = Vec::with_capacity(contents.certificates.len());
        for certificate in &contents.certificates {
            let x509 = x509::parsed(certificate)?;
            let facts = Facts::of(&x509, &certificate.der)?;
            parsed.push(x509);
            let is_its = |key: &PrivateKey| key.public_key.as_ref() == Some(&facts.public_key);
            let key = contents.keys.iter().position(is_its);
            all.push(Read { certificate, apple: AppleCertificate::of(&facts), facts, key });
        }
        let candidates = candidates(&all, topic, now);
        // Old and new may both be in force, which is how renewing is meant: the one that ends last is the new one.
        let alike = |at: &usize| candidates.first().is_some_and(|first| is_alike(&all[*first], &all[*at]));
        let (renewed, rivals): (Vec<usize>, Vec<usize>) = candidates.iter().copied().partition(alike);
        let leaf = renewed.iter().copied().max_by_key(|at| (all[*at].facts.not_after, std::cmp::Reverse(*at)));
        let own = leaf.and_then(|leaf| all[leaf].key).map(|key| &contents.keys[key]);
        let only = (contents.keys.len() == 1).then(|| &contents.keys[0]);
        let chain = leaf.map(|leaf| Chain::of(&all, &parsed, leaf)).unwrap_or_default();
        let passed_over = renewed.len().saturating_sub(1);
        Ok(Self { all, leaf, rivals, passed_over, key: own.or(only), key_fits: own.is_some(), chain })
    }

    /// Whether the file's keys are surely another certificate's. Of a curve that is not known here no public key can be
    /// computed, so nothing is sure of such a key with a certificate of such a curve.
    pub(crate) fn has_foreign_key(&self, contents: &Contents) -> bool {
        let Some(leaf) = self.leaf().filter(|_| !self.key_fits) else { return false };
        let is_unknown = |key: &PrivateKey| key.public_key.is_none();
        let cannot_tell = matches!(leaf.facts.key, KeyKind::Other(_)) && contents.keys.iter().any(is_unknown);
        !contents.keys.is_empty() && !cannot_tell
    }

    /// The certificate that is meant.
    pub(crate) fn leaf(&self) -> Option<&Read<'a>> {
        self.leaf.map(|leaf| &self.all[leaf])
    }
}

/// The certificates that may be meant, of the best kind there is.
fn candidates(all: &[Read<'_>], topic: Option<&str>, now: OffsetDateTime) -> Vec<usize> {
    let is_push = |read: &Read<'_>| read.apple.as_ref().is_some_and(AppleCertificate::is_push);
    let is_leaf = |read: &Read<'_>| !read.facts.is_authority;
    let ranks: [&dyn Fn(&Read<'_>) -> bool; 5] = [
        &|read| is_push(read) && read.key.is_some(),
        &|read| is_push(read),
        &|read| is_leaf(read) && read.key.is_some(),
        &|read| is_leaf(read),
        &|_| true,
    ];
    let of_rank = |rank: &dyn Fn(&Read<'_>) -> bool| (0..all.len()).filter(|at| rank(&all[*at])).collect::<Vec<_>>();
    let Some(found) = ranks.into_iter().map(of_rank).find(|found| !found.is_empty()) else { return Vec::new() };
    // An old certificate beside its successor is the usual case; a topic settles the rest.
    let found = narrowed(found, |at| {
        let topics = all[at].apple.iter().flat_map(|apple| &apple.topics);
        topics.into_iter().any(|known| Some(known.topic.as_str()) == topic)
    });
    narrowed(found, |at| all[at].facts.not_before <= now && now < all[at].facts.not_after)
}

/// Those that fit, unless none does.
fn narrowed(found: Vec<usize>, fits: impl Fn(usize) -> bool) -> Vec<usize> {
    let fitting: Vec<usize> = found.iter().copied().filter(|at| fits(*at)).collect();
    if fitting.is_empty() { found } else { fitting }
}

/// Whether both are for the same key, the same topics and the same environments: a certificate and the one that renews it.
fn is_alike(one: &Read<'_>, other: &Read<'_>) -> bool {
    let same_use = match (&one.apple, &other.apple) {
        (Some(one), Some(other)) => one.serves_the_same(other),
        (None, None) => one.facts.subject_der == other.facts.subject_der,
        _ => false,
    };
    same_use && one.facts.public_key == other.facts.public_key
}
