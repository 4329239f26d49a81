//! What the judging of one request comes to.

use std::time::Duration;

use crate::answer::{Act, Answer};
use crate::script::{Script, under_goaway};

/// What a request gets, when, and what is counted of it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) act: Act,
    /// Device tokens that were accepted.
    pub(crate) accepted: u64,
    /// Its authorization header was good and counts as an access token, which are told apart.
    pub(crate) authorised: bool,
}

// === impl Plan ===

impl Plan {
    pub(crate) fn now(act: Act) -> Self {
        Self { delay: Duration::ZERO, act, accepted: 0, authorised: false }
    }

    pub(crate) fn answer(answer: Answer) -> Self {
        Self::now(Act::Answer(answer))
    }

    /// What a script leaves of the vendor's own judgement, which is asked for only if it matters.
    pub(crate) fn under(script: Script, judged: impl FnOnce() -> Self) -> Self {
        match script {
            Script::AsEver => judged(),
            Script::LastAnswer(debug) => {
                let plan = judged();
                Self { act: under_goaway(plan.act, debug), ..plan }
            }
            Script::Instead(act) => Self::now(act),
        }
    }
}
