//! Stopping loses nothing that was taken in.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Rig, simple, target};

#[tokio::test]
async fn what_is_under_way_is_settled_before_the_end() {
    let mut rig = Rig::start().await;
    let targets: Vec<Value> = (0..20).map(|n| target("apns", &format!("slow-800-ok-{n}"))).collect();
    let url = rig.url.clone();
    let pushing = tokio::spawn(async move {
        let client = channel::HttpClients::for_service(&url).unwrap();
        let request = client.post(format!("{url}/v1/pushes")).header("content-type", "application/json");
        let response = request.body(simple("demo", &targets).to_string()).send().await.unwrap();
        response.text().await.unwrap()
    });
    while rig.received("apns").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    rig.begin_stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (status, problem) = rig.post(simple("demo", &[target("mi", "regid-1")]).to_string()).await;
    assert_eq!((status.as_u16(), &problem["type"]), (503, &Value::from("urn:pushmux:problem:stopping")));
    let (status, _) = rig.get("/readyz").await;
    assert_eq!(status.as_u16(), 503);
    let answer: Value = serde_json::from_str(&pushing.await.unwrap()).unwrap();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.iter().filter(|result| result["outcome"] == "accepted").count(), 20);
    assert!(rig.stopped().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_written_to_its_end() {
    let mut rig = Rig::start().await;
    let targets: Vec<Value> = (0..10_000).map(|n| target("apns", &format!("bad-{n}-{}", "x".repeat(100)))).collect();
    let body = simple("demo", &targets).to_string();
    let address = rig.url.strip_prefix("http://").unwrap().to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST /v1/pushes HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = vec![0; 1];
        stream.read_exact(&mut answer).unwrap();
        // The service is told to stop while this reader dawdles.
        std::thread::sleep(Duration::from_secs(3));
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    });
    while rig.emulators.control().stats().vendor("apns").requests < 10_000 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    rig.begin_stop();
    let answer = reading.await.unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let answer: Value = serde_json::from_str(body).expect("the answer is whole");
    assert_eq!(answer["results"].as_array().unwrap().len(), 10_000);
    assert!(rig.stopped().await);
}
