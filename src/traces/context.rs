//! Where a span stands in a trace, also across a restart.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A span that others can follow: the trace's id, the span's id and the flags, as W3C Trace Context has them.
pub type TraceContext = [u8; 25];

/// Where a span stands, if it is traced.
pub(crate) fn context_of(span: &Span) -> Option<TraceContext> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let span = context.span();
    let known = span.span_context();
    known.is_valid().then(|| pack(known))
}

/// Lets a span follow another, of this process or an earlier one.
pub(crate) fn follow(span: &Span, context: Option<TraceContext>) {
    if let Some(context) = context.filter(|_| !span.is_disabled()) {
        set_parent(span, Context::new().with_remote_span_context(unpack(context)));
    }
}

/// Lets a span follow the `traceparent` that a caller sent, if there is a good one.
pub(crate) fn carried_by(span: &Span, headers: &HeaderMap) {
    if !span.is_disabled() {
        set_parent(
            span,
            TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers)),
        );
    }
}

fn set_parent(span: &Span, context: Context) {
    // Fails where the span is not for the collector: then it has no place in a trace.
    let _ = span.set_parent(context);
}

fn pack(context: &SpanContext) -> TraceContext {
    let mut packed = [0; 25];
    packed[..16].copy_from_slice(&context.trace_id().to_bytes());
    packed[16..24].copy_from_slice(&context.span_id().to_bytes());
    packed[24] = context.trace_flags().to_u8();
    packed
}

fn unpack(packed: TraceContext) -> SpanContext {
    let (mut trace, mut span) = ([0; 16], [0; 8]);
    trace.copy_from_slice(&packed[..16]);
    span.copy_from_slice(&packed[16..24]);
    let flags = TraceFlags::new(packed[24]);
    SpanContext::new(TraceId::from_bytes(trace), SpanId::from_bytes(span), flags, true, TraceState::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_unpacks() {
        let packed: TraceContext = std::array::from_fn(|nth| u8::try_from(nth + 1).unwrap());
        let context = unpack(packed);
        assert_eq!(context.trace_id().to_string(), "0102030405060708090a0b0c0d0e0f10");
        assert_eq!(context.span_id().to_string(), "1112131415161718");
        assert_eq!(pack(&context), packed);
    }

    #[test]
    fn what_is_not_traced_has_no_place() {
        assert_eq!(context_of(&Span::none()), None);
        follow(&Span::none(), Some([1; 25]));
    }
}
