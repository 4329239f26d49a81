//! The words of a verdict for people: the vendor's and ours in one line, for FCM, Mi, Huawei and Meizu.

use model::Verdict;

/// The verdict with those words that there are; without any, as it was.
pub(crate) fn with_words<'a>(verdict: Verdict, words: impl IntoIterator<Item = Option<&'a str>>) -> Verdict {
    let words: Vec<&str> = words.into_iter().flatten().collect();
    if words.is_empty() { verdict } else { verdict.detail(words.join("; ")) }
}
