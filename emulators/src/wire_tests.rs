use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::*;
use crate::frame::{FLAG_ACK, GOAWAY, SETTINGS, settings};

const OURS: &[(u16, u32)] = &[(1, 4096), (3, 1)];

fn data_frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, payload.len() as u8, 0, 0, 0, 0, 0, 1];
    bytes.extend_from_slice(payload);
    bytes
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
    handle.goaway(0, b"bye");
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
    handle.goaway(0, b"{}");
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
