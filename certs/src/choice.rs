//! Which of a file's certificates and keys belong together and are meant.
//!
//! Keychain Access exports whatever was selected, so a file may hold a developer's whole collection. A certificate and a key
//! are a pair if their public keys are equal; names and ids that a PKCS#12 file gives them are hints only.

use time::OffsetDateTime;

use crate::apple::AppleCertificate;
use crate::contents::{Certificate, Contents, PrivateKey};
use crate::unreadable::Unreadable;
use crate::x509::Facts;

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
    /// The key: the leaf's own; else, where there is only one in the file, that.
    pub(crate) key: Option<&'a PrivateKey>,
    /// Whether the key is the leaf's own.
    pub(crate) key_fits: bool,
    /// The leaf's issuers within the file, nearest first, each with a signature that was verified.
    pub(crate) chain: Vec<usize>,
}

// === impl Choice ===

impl<'a> Choice<'a> {
    /// Chooses. A topic settles which of several push certificates is meant.
    pub(crate) fn of(contents: &'a Contents, topic: Option<&str>, now: OffsetDateTime) -> Result<Self, Unreadable> {
        let mut all = Vec::with_capacity(contents.certificates.len());
        for certificate in &contents.certificates {
            let facts = Facts::of(certificate)?;
            let is_its = |key: &PrivateKey| key.public_key.as_ref() == Some(&facts.public_key);
            let key = contents.keys.iter().position(is_its);
            all.push(Read { certificate, apple: AppleCertificate::of(&facts), facts, key });
        }
        let candidates = candidates(&all, topic, now);
        let leaf = candidates.first().copied();
        let own = leaf.and_then(|leaf| all[leaf].key).map(|key| &contents.keys[key]);
        let only = (contents.keys.len() == 1).then(|| &contents.keys[0]);
        let chain = leaf.map(|leaf| chain(&all, leaf)).unwrap_or_default();
        let rivals = candidates.into_iter().skip(1).collect();
        Ok(Self { all, leaf, rivals, key: own.or(only), key_fits: own.is_some(), chain })
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

fn chain(all: &[Read<'_>], leaf: usize) -> Vec<usize> {
    let mut chain: Vec<usize> = Vec::new();
    let mut last = leaf;
    while !all[last].facts.is_self_issued {
        let is_issuer = |at: &usize| {
            *at != leaf && !chain.contains(at) && Facts::signed(all[*at].certificate, all[last].certificate)
        };
        let Some(issuer) = (0..all.len()).find(is_issuer) else { break };
        chain.push(issuer);
        last = issuer;
    }
    chain
}
