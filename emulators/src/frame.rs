//! The few HTTP/2 frames that we write ourselves, and the walk over frame boundaries (RFC 9113, sections 4.1, 6.5, 6.8).

use bytes::{BufMut, BytesMut};

pub(crate) const DATA: u8 = 0x0;
pub(crate) const HEADERS: u8 = 0x1;
pub(crate) const SETTINGS: u8 = 0x4;
pub(crate) const GOAWAY: u8 = 0x7;
pub(crate) const CONTINUATION: u8 = 0x9;
pub(crate) const FLAG_ACK: u8 = 0x1;
pub(crate) const FLAG_END_STREAM: u8 = 0x1;
pub(crate) const FLAG_END_HEADERS: u8 = 0x4;
pub(crate) const HEAD_BYTES: usize = 9;

/// SETTINGS_MAX_CONCURRENT_STREAMS.
pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 0x3;

/// The nine bytes before every frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
}

/// Where in a run of frames we are.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cursor {
    head: [u8; HEAD_BYTES],
    head_have: usize,
    payload_left: usize,
    in_header_block: bool,
}

// === impl Head ===

impl Head {
    fn parse(bytes: &[u8; HEAD_BYTES]) -> Self {
        Self {
            length: usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]),
            kind: bytes[3],
            flags: bytes[4],
            stream: u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]) & 0x7fff_ffff,
        }
    }

    pub(crate) fn is_settings_ack(&self) -> bool {
        self.kind == SETTINGS && self.flags & FLAG_ACK != 0
    }

    pub(crate) fn is_settings(&self) -> bool {
        self.kind == SETTINGS && self.flags & FLAG_ACK == 0
    }

    /// Whether its sender says nothing more on the stream.
    pub(crate) fn ends_stream(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & FLAG_END_STREAM != 0
    }
}

// === impl Cursor ===

impl Cursor {
    /// Whether another frame may be put in here: between frames, and not inside a header block (section 4.3).
    pub(crate) fn at_boundary(&self) -> bool {
        self.head_have == 0 && self.payload_left == 0 && !self.in_header_block
    }

    /// Eats up to one step of `bytes` (the rest of a head, or of a payload): how many, and the head that they end.
    pub(crate) fn step(&mut self, bytes: &[u8]) -> (usize, Option<Head>) {
        if self.payload_left > 0 {
            let eaten = self.payload_left.min(bytes.len());
            self.payload_left -= eaten;
            return (eaten, None);
        }
        let eaten = (HEAD_BYTES - self.head_have).min(bytes.len());
        self.head[self.head_have..self.head_have + eaten].copy_from_slice(&bytes[..eaten]);
        self.head_have += eaten;
        if self.head_have < HEAD_BYTES {
            return (eaten, None);
        }
        self.head_have = 0;
        let head = Head::parse(&self.head);
        self.payload_left = head.length;
        if matches!(head.kind, HEADERS | CONTINUATION) {
            self.in_header_block = head.flags & FLAG_END_HEADERS == 0;
        }
        (eaten, Some(head))
    }

    /// Whether a head has begun and not ended.
    pub(crate) fn in_head(&self) -> bool {
        self.head_have > 0
    }

    /// The head that was completed last, as it stood on the wire.
    pub(crate) fn head_bytes(&self) -> &[u8; HEAD_BYTES] {
        &self.head
    }

    /// How many of `bytes` lie before the next boundary (all of them, if none is in reach). Moves there.
    pub(crate) fn advance_to_boundary(&mut self, bytes: &[u8], mut each: impl FnMut(Head)) -> usize {
        let mut eaten = 0;
        while eaten < bytes.len() {
            let (step, head) = self.step(&bytes[eaten..]);
            eaten += step;
            if let Some(head) = head {
                each(head);
            }
            if self.at_boundary() {
                break;
            }
        }
        eaten
    }
}

/// A SETTINGS frame.
pub(crate) fn settings(values: &[(u16, u32)]) -> BytesMut {
    let mut frame = head(values.len() * 6, SETTINGS);
    for (id, value) in values {
        frame.put_u16(*id);
        frame.put_u32(*value);
    }
    frame
}

/// A GOAWAY frame with debug data.
pub(crate) fn goaway(last_stream: u32, code: h2::Reason, debug: &[u8]) -> BytesMut {
    let mut frame = head(8 + debug.len(), GOAWAY);
    frame.put_u32(last_stream);
    frame.put_u32(u32::from(code));
    frame.put_slice(debug);
    frame
}

fn head(length: usize, kind: u8) -> BytesMut {
    let mut frame = BytesMut::with_capacity(HEAD_BYTES + length);
    frame.put_uint(length as u64, 3);
    frame.put_u8(kind);
    frame.put_u8(0);
    frame.put_u32(0);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(bytes: &[u8], chunk: usize) -> Vec<Head> {
        let mut cursor = Cursor::default();
        let mut heads = Vec::new();
        for mut piece in bytes.chunks(chunk) {
            while !piece.is_empty() {
                let eaten = cursor.advance_to_boundary(piece, |head| heads.push(head));
                piece = &piece[eaten..];
            }
        }
        assert!(cursor.at_boundary());
        heads
    }

    #[test]
    fn finds_frames_however_they_are_cut() {
        let mut bytes = settings(&[(3, 1), (4, 65_535)]).to_vec();
        bytes.extend_from_slice(&goaway(7, h2::Reason::NO_ERROR, b"{}"));
        bytes.extend_from_slice(&settings(&[]));
        for chunk in 1..=bytes.len() {
            let found = heads(&bytes, chunk);
            let kinds: Vec<_> = found.iter().map(|head| (head.kind, head.length)).collect();
            assert_eq!(kinds, [(SETTINGS, 12), (GOAWAY, 10), (SETTINGS, 0)], "chunks of {chunk}");
        }
    }

    #[test]
    fn a_header_block_without_its_end_is_no_boundary() {
        let mut cursor = Cursor::default();
        let open = [0, 0, 1, HEADERS, 0, 0, 0, 0, 1, 0xaa];
        let end = [0, 0, 1, CONTINUATION, FLAG_END_HEADERS, 0, 0, 0, 1, 0xbb];
        cursor.advance_to_boundary(&open, |_| {});
        assert!(!cursor.at_boundary());
        cursor.advance_to_boundary(&end, |_| {});
        assert!(cursor.at_boundary());
    }
}
