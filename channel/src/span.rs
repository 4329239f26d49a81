//! Spans of what a channel does, for traces.

use model::{Outcome, TokenProof, Verdict};
use tracing::Span;
use tracing::field::Empty;

use crate::{Batch, ChannelId, Reply};

/// The target of all spans that are for traces: what a push goes through, at the level `debug`.
pub const SPAN_TARGET: &str = "pushmux::span";

/// What a call came to, for people.
pub(crate) struct Summary<'a> {
    targets: usize,
    accepted: usize,
    attempts: u32,
    /// The first verdict that is none of acceptance; one that is no good news, if there is any.
    trouble: Option<&'a Verdict>,
}

/// A call to the vendor.
pub(crate) fn of_call(id: &ChannelId, batch: &Batch) -> Span {
    let ChannelId { app, vendor, environment } = id;
    tracing::debug_span!(
        target: SPAN_TARGET,
        "call",
        otel.name = format_args!("call {vendor}"),
        otel.kind = "client",
        %app,
        %vendor,
        %environment,
        targets = batch.targets.len().cast_signed(),
        accepted = Empty,
        attempts = Empty,
        outcome = Empty,
        vendor.code = Empty,
        otel.status_code = Empty,
    )
}

// === impl Summary ===

impl<'a> Summary<'a> {
    pub(crate) fn of(targets: usize, reply: &'a Reply) -> Self {
        let verdicts = || reply.verdicts.iter();
        let refused = || verdicts().filter(|verdict| !verdict.outcome.is_accepted());
        let accepted = if refused().next().is_none() { targets } else { verdicts().count() - refused().count() };
        let trouble = refused().find(|verdict| is_failure(verdict)).or_else(|| refused().next());
        Self { targets, accepted, attempts: reply.attempts, trouble }
    }

    /// Tells it to the log and the call's span.
    pub(crate) fn tell(&self, id: &ChannelId, span: &Span) {
        let Self { targets, accepted, attempts, trouble } = *self;
        let outcome = trouble.map_or("accepted", |verdict| verdict.outcome.as_str());
        let code = trouble.and_then(|verdict| verdict.code.as_ref()).map(|code| code.as_str());
        tracing::debug!(channel = %id, targets, accepted, attempts, outcome, vendor.code = code, "A call to a vendor is settled");
        // The collector takes signed numbers; others would come as texts.
        span.record("accepted", accepted.cast_signed()).record("attempts", i64::from(attempts));
        span.record("outcome", outcome).record("vendor.code", code);
        if trouble.is_some_and(is_failure) {
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// A dead device is the vendor's good answer.
fn is_failure(verdict: &Verdict) -> bool {
    !matches!(verdict.outcome, Outcome::Accepted { .. } | Outcome::InvalidToken { proof: TokenProof::Dead { .. } })
}

#[cfg(test)]
mod tests {
    use model::{Sent, Verdicts};

    use super::*;

    #[test]
    fn a_failure_is_told_before_a_dead_device() {
        let dead = || Verdict::new(Outcome::InvalidToken { proof: TokenProof::Dead { since: None } });
        let accepted = || Verdict::new(Outcome::Accepted { vendor_id: None });
        let told = |verdicts, targets| {
            let reply = Reply { verdicts, attempts: 1 };
            let Summary { accepted, trouble, .. } = Summary::of(targets, &reply);
            (accepted, trouble.map(|verdict| verdict.outcome.as_str()), trouble.is_some_and(is_failure))
        };
        assert_eq!(told(Verdicts::All(accepted()), 7), (7, None, false));
        assert_eq!(told(Verdicts::All(dead()), 7), (0, Some("invalid_token"), false));
        let foreign = Verdict::new(Outcome::InvalidToken { proof: TokenProof::Foreign });
        assert_eq!(told(Verdicts::All(foreign), 7), (0, Some("invalid_token"), true));
        let busy = Verdict::unavailable(Sent::No, None);
        assert_eq!(told(Verdicts::Each(vec![accepted(), dead(), busy]), 3), (1, Some("unavailable"), true));
        assert_eq!(told(Verdicts::Each(vec![accepted(), dead()]), 2), (1, Some("invalid_token"), false));
    }
}
