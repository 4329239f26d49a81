//! `POST /v1/pushes/stream`: lines in, lines out, back-pressured.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::support::{Rig, hex_token, simple, target, without_spool};

/// A request whose body is written piece by piece.
struct Sender(OwnedWriteHalf);

/// Its answer.
struct Answer(BufReader<OwnedReadHalf>);

async fn open(rig: &Rig, headers: &str) -> (Sender, Answer) {
    let address = rig.url.strip_prefix("http://").unwrap();
    let (read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
    let head = format!(
        "POST /v1/pushes/stream HTTP/1.1\r\nhost: {address}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n{headers}\r\n\r\n"
    );
    write.write_all(head.as_bytes()).await.unwrap();
    (Sender(write), Answer(BufReader::new(read)))
}

async fn open_stream(rig: &Rig) -> (Sender, Answer) {
    open(rig, "content-type: application/x-ndjson").await
}

impl Sender {
    async fn send(&mut self, text: &str) -> std::io::Result<()> {
        self.0.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await
    }

    async fn line(&mut self, push: &Value) {
        self.send(&format!("{push}\n")).await.unwrap();
    }

    async fn end(&mut self) {
        self.0.write_all(b"0\r\n\r\n").await.unwrap();
    }
}

impl Answer {
    async fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).await.unwrap() > 0, "{head}");
        }
        head
    }

    /// The lines of the body up to its end.
    async fn rest(&mut self) -> Vec<Value> {
        let mut body = Vec::new();
        loop {
            let mut size = String::new();
            self.0.read_line(&mut size).await.unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap_or_else(|_| panic!("{size:?}"));
            let mut chunk = vec![0; size + 2];
            self.0.read_exact(&mut chunk).await.unwrap();
            if size == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..size]);
        }
        let lines = String::from_utf8(body).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn titled(title: &str, targets: &[Value]) -> Value {
    json!({"app": "demo", "id": title, "message": {"title": title, "body": "x"}, "targets": targets})
}

#[tokio::test]
async fn every_line_is_answered_once_and_a_bad_one_spoils_no_other() {
    let rig = Rig::start().await;
    let (mut sender, mut answer) = open_stream(&rig).await;
    let (good, total) = (600, 604);
    let sending = async {
        for line in 0..good {
            let vendor = ["apns", "mi", "fcm", "huawei"][line % 4];
            let token = if vendor == "apns" { hex_token(line) } else { format!("ok-{line}") };
            sender.line(&titled(&format!("p{line}"), &[target(vendor, &token)])).await;
        }
        sender.send("{not json}\n\n").await.unwrap();
        sender.line(&simple("nobody", &[target("mi", "ok-1")])).await;
        // The last line needs no line break.
        sender.send(&titled("last", &[target("mi", "bad-1"), target("mi", "ok-2")]).to_string()).await.unwrap();
        sender.end().await;
    };
    let reading = async {
        let head = answer.head().await;
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: application/x-ndjson"), "{head}");
        answer.rest().await
    };
    let ((), lines) = tokio::join!(sending, reading);
    let numbers: HashSet<u64> = lines.iter().map(|line| line["line"].as_u64().unwrap()).collect();
    // The blank line has a number and no answer.
    let wanted: HashSet<u64> = (0..total).filter(|line| *line != 601).collect();
    assert_eq!((lines.len(), &numbers), (wanted.len(), &wanted));
    for line in &lines {
        match line["line"].as_u64().unwrap() {
            600 => assert_eq!(line["problem"]["type"], "urn:pushmux:problem:malformed_json", "{line}"),
            602 => assert_eq!(line["problem"]["type"], "urn:pushmux:problem:unknown_app", "{line}"),
            603 => assert_eq!((&line["id"], line["results"].as_array().unwrap().len()), (&json!("last"), 2), "{line}"),
            number => {
                assert_eq!(line["id"], format!("p{number}"));
                assert_eq!(line["results"][0]["outcome"], "accepted", "{line}");
            }
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn pushes_to_one_device_leave_in_the_order_of_their_lines() {
    let rig = Rig::start().await;
    let (mut sender, mut answer) = open_stream(&rig).await;
    for number in 0..60 {
        sender.line(&titled(&format!("{number}"), &[target("mi", "ok-same")])).await;
        sender.line(&titled(&format!("other {number}"), &[target("mi", &format!("ok-{number}"))])).await;
    }
    sender.end().await;
    answer.head().await;
    assert_eq!(answer.rest().await.len(), 120);
    let titles = rig.received("mi").into_iter().map(|received| received.body["title"].as_str().unwrap().to_owned());
    let same: Vec<String> = titles.filter(|title| !title.starts_with("other")).collect();
    assert_eq!(same, (0..60).map(|number| number.to_string()).collect::<Vec<_>>());
    rig.stop().await;
}

/// Nobody reads the results: the service reads no more lines than it may hold, whatever is sent.
#[tokio::test]
async fn a_slow_reader_slows_the_sender() {
    let rig = Rig::start().await;
    let (mut sender, answer) = open_stream(&rig).await;
    let padding = "x".repeat(2000);
    let mut sent = 0;
    while sent < 200_000 {
        let push = titled(&padding, &[target("mi", &format!("ok-{sent}"))]);
        match timeout(Duration::from_secs(3), sender.send(&format!("{push}\n"))).await {
            Ok(written) => written.unwrap(),
            Err(_) => break,
        }
        sent += 1;
    }
    assert!(sent < 100_000, "the sender was never held up");
    assert!(rig.received("mi").len() <= sent);
    // Others are served meanwhile.
    assert_eq!(rig.push_to("demo", "mi", "ok-other").await["outcome"], "accepted");
    // A reader that goes away ends the stream, and nothing keeps the service from stopping.
    drop((sender, answer));
    rig.stop().await;
}

/// More lines than one stream may have under way wait for a vendor that answers slowly; none is turned away.
#[tokio::test]
async fn a_slow_vendor_slows_the_sender_and_loses_nothing() {
    let rig = Rig::start_with(|config| config.replace("[server]", "[server]\nmax_targets_in_flight = 40000")).await;
    let (mut sender, mut answer) = open_stream(&rig).await;
    let lines = 6000;
    let sending = async {
        for line in 0..lines {
            sender.line(&titled(&format!("{line}"), &[target("apns", &hex_token(line))])).await;
        }
        sender.end().await;
    };
    let reading = async {
        answer.head().await;
        answer.rest().await
    };
    let ((), answers) = tokio::join!(sending, reading);
    assert_eq!(answers.len(), lines);
    assert!(answers.iter().all(|line| line["results"][0]["outcome"] == "accepted"));
    assert_eq!(rig.received("apns").len(), lines);
    rig.stop().await;
}

#[tokio::test]
async fn a_stopping_service_answers_what_it_read_and_ends_the_stream() {
    let mut rig = Rig::start().await;
    let (mut sender, mut answer) = open_stream(&rig).await;
    for number in 0..20 {
        sender.line(&titled(&format!("{number}"), &[target("mi", &format!("ok-{number}"))])).await;
    }
    answer.head().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    rig.begin_stop();
    let lines = timeout(Duration::from_secs(10), answer.rest()).await.expect("the stream ends");
    assert_eq!(lines.len(), 20);
    assert!(rig.stopped().await);
}

#[tokio::test]
async fn what_is_no_stream_is_refused() {
    let rig = Rig::start_with(without_spool).await;
    for (headers, status) in [
        ("content-type: application/json", "415"),
        ("content-type: application/x-ndjson\r\nprefer: respond-async", "501"),
        ("content-type: application/x-ndjson\r\norigin: http://evil.example", "403"),
    ] {
        let (mut sender, mut answer) = open(&rig, headers).await;
        let _ = sender.end().await;
        let head = answer.head().await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
    }
    rig.stop().await;
}
