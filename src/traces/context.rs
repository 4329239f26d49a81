//! Where a span stands in a trace, also across a restart.

use http::HeaderMap;
use model::TraceContext;
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

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
        // Fails where the span is not for the collector: then it has no place in a trace.
        let _ = span.set_parent(Context::new().with_remote_span_context(unpack(context)));
    }
}

/// Lets a span follow the `traceparent` that a caller sent, if there is a good one. What else the caller's own system keeps
/// beside it (`tracestate`) is none of ours to tell.
pub(crate) fn carried_by(span: &Span, headers: &HeaderMap) {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
    let caller = context.span();
    let known = caller.span_context();
    follow(span, known.is_valid().then(|| pack(known)));
}

fn pack(context: &SpanContext) -> TraceContext {
    let mut packed = [0; 25];
    packed[..16].copy_from_slice(&context.trace_id().to_bytes());
    packed[16..24].copy_from_slice(&context.span_id().to_bytes());
    packed[24] = context.trace_flags().to_u8();
    TraceContext(packed)
}

fn unpack(TraceContext(packed): TraceContext) -> SpanContext {
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
        let packed = TraceContext(std::array::from_fn(|nth| u8::try_from(nth + 1).unwrap()));
        let context = unpack(packed);
        assert_eq!(context.trace_id().to_string(), "0102030405060708090a0b0c0d0e0f10");
        assert_eq!(context.span_id().to_string(), "1112131415161718");
        assert_eq!(pack(&context), packed);
    }

    #[test]
    fn what_is_not_traced_has_no_place() {
        assert_eq!(context_of(&Span::none()), None);
        follow(&Span::none(), Some(TraceContext([1; 25])));
    }
}
