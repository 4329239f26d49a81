use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::*;
use crate::frame::{DATA, FLAG_ACK, FLAG_END_HEADERS, FLAG_END_STREAM, GOAWAY, HEAD_BYTES, SETTINGS, settings};

const OURS: &[(u16, u32)] = &[(1, 4096), (3, 1)];

fn data_frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, payload.len() as u8, 0, 0, 0, 0, 0, 1];
    bytes.extend_from_slice(payload);
    bytes
}

fn frame_of(stream: u8, kind: u8, flags: u8, payload: u8) -> Vec<u8> {
    vec![0, 0, 1, kind, flags, 0, 0, 0, stream, payload]
}

/// Last stream of the GOAWAY that comes first.
async fn last_stream(far: &mut tokio::io::DuplexStream) -> u8 {
    let mut got = [0; HEAD_BYTES + 8];
    far.read_exact(&mut got).await.unwrap();
    assert_eq!(got[3], GOAWAY);
    got[HEAD_BYTES + 3]
}

fn ack() -> Vec<u8> {
    vec![0, 0, 0, SETTINGS, FLAG_ACK, 0, 0, 0, 0]
}

#[tokio::test]
async fn the_first_settings_are_replaced_by_ours() {
    let (near, mut far) = duplex(1024);
    let (mut wire, _handle) = Wire::http2(near, Some(OURS));
    wire.write_all(&settings(&[(3, 9), (4, 9), (5, 9)])).await.unwrap();
    wire.flush().await.unwrap();
    let want = settings(OURS);
    let mut got = vec![0; want.len()];
    far.read_exact(&mut got).await.unwrap();
    assert_eq!(got, want);
}

#[tokio::test]
async fn our_frames_wait_for_the_end_of_the_frame_under_way() {
    let (near, mut far) = duplex(1024);
    let (mut wire, handle) = Wire::http2(near, None);
    let frame = data_frame(b"abcdef");
    wire.write_all(&frame[..12]).await.unwrap();
    handle.goaway(b"bye");
    wire.write_all(&frame[12..]).await.unwrap();
    wire.write_all(&data_frame(b"z")).await.unwrap();
    let mut got = vec![0; frame.len() + 9 + 11 + 10];
    far.read_exact(&mut got).await.unwrap();
    assert_eq!(&got[..frame.len()], &frame[..]);
    assert_eq!(got[frame.len() + 3], GOAWAY);
    assert_eq!(&got[got.len() - 10..], &data_frame(b"z")[..]);
}

#[tokio::test]
async fn an_acknowledgement_of_ours_is_hidden_and_the_servers_is_not() {
    let (near, mut far) = duplex(1024);
    let (mut wire, handle) = Wire::http2(near, Some(OURS));
    wire.write_all(&settings(&[])).await.unwrap();
    handle.set_limit(1000);
    wire.flush().await.unwrap();
    let mut sent = vec![b'P'; PREFACE_BYTES];
    sent.extend_from_slice(&ack());
    sent.extend_from_slice(&ack());
    sent.extend_from_slice(&data_frame(b"x"));
    for byte in &sent {
        far.write_all(&[*byte]).await.unwrap();
    }
    far.shutdown().await.unwrap();
    let mut got = Vec::new();
    wire.read_to_end(&mut got).await.unwrap();
    assert_eq!(got.len(), PREFACE_BYTES + 9 + 10);
    assert_eq!(&got[PREFACE_BYTES..PREFACE_BYTES + 9], &ack()[..]);
    assert_eq!(handle.acknowledged_limit(), 1000);
}

#[tokio::test]
async fn the_end_flushes_what_is_pending_and_is_read_as_the_end() {
    let (near, mut far) = duplex(1024);
    let (mut wire, handle) = Wire::http2(near, None);
    handle.goaway(b"{}");
    handle.end();
    wire.flush().await.unwrap();
    let mut got = Vec::new();
    far.read_to_end(&mut got).await.unwrap();
    assert_eq!(got.len(), 9 + 8 + 2);
    wire.write_all(b"dropped").await.unwrap();
    far.write_all(b"late").await.unwrap();
    far.shutdown().await.unwrap();
    assert_eq!(wire.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test]
async fn the_same_limit_again_sends_nothing() {
    let (near, mut far) = duplex(1024);
    let (mut wire, handle) = Wire::http2(near, Some(OURS));
    wire.write_all(&settings(&[])).await.unwrap();
    handle.set_limit(1);
    wire.flush().await.unwrap();
    drop(wire);
    let mut got = Vec::new();
    far.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, settings(OURS));
}

#[tokio::test]
async fn a_stream_above_the_last_one_is_not_heard_however_it_is_cut() {
    let (near, mut far) = duplex(1024);
    let (mut wire, handle) = Wire::http2(near, None);
    let opened = |stream| frame_of(stream, HEADERS, FLAG_END_HEADERS, stream);
    let before = [vec![b'P'; PREFACE_BYTES], opened(1), opened(3)].concat();
    far.write_all(&before).await.unwrap();
    wire.read_exact(&mut vec![0; before.len()]).await.unwrap();
    assert_eq!(handle.goaway(b""), 3);
    let of_three = [frame_of(3, DATA, FLAG_END_STREAM, 3), frame_of(1, DATA, FLAG_END_STREAM, 1)].concat();
    for byte in [opened(5), frame_of(5, DATA, FLAG_END_STREAM, 5), of_three.clone()].concat() {
        far.write_all(&[byte]).await.unwrap();
    }
    far.shutdown().await.unwrap();
    let mut got = Vec::new();
    wire.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, of_three);
    assert_eq!(handle.goaway(b""), 3, "a stream that was not heard is none");
}

#[tokio::test]
async fn what_was_answered_is_not_unprocessed_before_its_answer_is_written() {
    for is_written in [false, true] {
        let (near, mut far) = duplex(1024);
        let (mut wire, handle) = Wire::http2(near, None);
        let request = [vec![b'P'; PREFACE_BYTES], frame_of(1, HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 0)].concat();
        far.write_all(&request).await.unwrap();
        wire.read_exact(&mut vec![0; request.len()]).await.unwrap();
        assert!(handle.may_answer());
        let answer = frame_of(1, HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 0);
        if is_written {
            wire.write_all(&answer).await.unwrap();
            far.read_exact(&mut vec![0; answer.len()]).await.unwrap();
        }
        handle.goaway_unprocessed(b"");
        assert!(!handle.may_answer());
        wire.flush().await.unwrap();
        assert_eq!(last_stream(&mut far).await, if is_written { 0 } else { 1 });
    }
}
