//! Where something stands in a trace.

/// A span that others can follow: the trace's id (16 bytes), the span's id (8) and the flags, as W3C Trace Context has them
/// (<https://www.w3.org/TR/trace-context/>, read 2026-11-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext(pub [u8; 25]);
