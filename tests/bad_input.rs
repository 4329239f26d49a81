//! What is wrong with a push is told with its path, and nothing of it is sent.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Rig, simple, target, without_spool};

fn paths(problem: &Value) -> Vec<&str> {
    let faults = problem["faults"].as_array().map_or(&[][..], Vec::as_slice);
    faults.iter().map(|fault| fault["path"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn bad_pushes_name_their_faults() {
    let rig = Rig::start().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut push = simple("demo", &[target("mi", "regid-1"), target("mi", "regid-2")]);
        change(&mut push);
        push.to_string()
    };
    let rows: Vec<(String, u16, &[&str])> = vec![
        ("{\"app\": oops".to_owned(), 400, &[]),
        (String::new(), 400, &[]),
        (with(&|push| push["colour"] = json!("red")), 422, &["/colour"]),
        (with(&|push| push["message"]["title"] = json!(5)), 422, &["/message/title"]),
        (with(&|push| push["message"]["title"] = json!("x".repeat(2_000_000))), 422, &["/message/title"]),
        (with(&|push| push["targets"] = json!([])), 422, &["/targets"]),
        (with(&|push| push["targets"] = json!(vec![target("mi", "r"); 10_001])), 422, &["/targets"]),
        (with(&|push| push["targets"][1]["token"] = json!("a\nb")), 422, &["/targets/1/token"]),
        (with(&|push| push["targets"][1]["token"] = json!("a\u{0}b")), 422, &["/targets/1/token"]),
        (with(&|push| push["targets"][0]["vendor"] = json!("palm")), 422, &["/targets/0/vendor"]),
        (with(&|push| push["app"] = json!("nobody")), 422, &["/app"]),
        (with(&|push| push["options"] = json!({"send_at": "2999-01-01T00:00:00Z"})), 422, &["/options/send_at"]),
        (
            with(&|push| {
                push["options"] = json!({"ttl": "long", "priority": "urgent"});
                push["targets"][0] = json!({"vendor": "mi", "tokn": "r"});
            }),
            422,
            &["/targets/0/tokn", "/options/ttl", "/options/priority", "/targets/0/token"],
        ),
    ];
    for (body, wanted_status, wanted_paths) in rows {
        let shown: String = body.chars().take(100).collect();
        let (status, problem) = rig.post(body).await;
        assert_eq!((status.as_u16(), paths(&problem)), (wanted_status, wanted_paths.to_vec()), "{shown}: {problem}");
        assert_eq!(problem["status"], wanted_status);
        assert!(problem["type"].as_str().is_some_and(|kind| kind.starts_with("urn:pushmux:problem:")));
    }
    assert_eq!(rig.received("mi").len(), 0, "nothing was sent");
    rig.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let rig = Rig::start_with(|config| config.replace("[server]", "[server]\nmax_body_bytes = 1024")).await;
    let (status, problem) = rig.post(" ".repeat(2000)).await;
    assert_eq!((status.as_u16(), &problem["type"]), (413, &json!("urn:pushmux:problem:body_too_large")));
    rig.stop().await;
}

#[tokio::test]
async fn promises_not_kept_are_not_given() {
    let rig = Rig::start_with(without_spool).await;
    let client = channel::HttpClients::for_service(&rig.url).unwrap();
    let post = |header: &'static str, value: &'static str| {
        let body = simple("demo", &[target("mi", "r")]).to_string();
        let request = client.post(format!("{}/v1/pushes", rig.url)).header(header, value).body(body);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(post("content-type", "text/plain").await, 415, "a page in a browser can post this");
    let request =
        client.post(format!("{}/v1/pushes", rig.url)).header("content-type", "application/json; charset=utf-8");
    let request = request.header("prefer", "handling=strict, respond-async; wait=5");
    let response = request.body(simple("demo", &[target("mi", "r")]).to_string()).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 501);
    assert_eq!(rig.received("mi").len(), 0);
    rig.stop().await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let rig = Rig::start().await;
    for (path, wanted) in [("/v1/nothing", 404), ("/v1/pushes", 405)] {
        let (status, body) = rig.get(path).await;
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status.as_u16(), &problem["status"]), (wanted, &json!(wanted)));
    }
    for (path, wanted) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let (status, body) = rig.get(path).await;
        assert_eq!((status.as_u16(), body.as_str()), (200, wanted));
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let rig = Rig::start_with(|config| config.replace("[server]", "[server]\nbody_timeout_seconds = 1")).await;
    let address = rig.url.trim_start_matches("http://").to_owned();
    for (path, kind) in [
        ("/v1/pushes", "application/json"),
        ("/v1/pushes/preview", "application/json"),
        ("/v1/credentials/check", "multipart/form-data; boundary=x"),
        ("/v1/credentials/convert", "multipart/form-data; boundary=x"),
        ("/console/credentials", "multipart/form-data; boundary=x"),
        ("/console/push", "application/x-www-form-urlencoded"),
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: 99\r\n\r\n--x");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = vec![0; 12];
        let reading = stream.read_exact(&mut answer);
        timeout(Duration::from_secs(20), reading).await.unwrap_or_else(|_| panic!("{path} is waited for")).unwrap();
        assert_eq!(str::from_utf8(&answer).unwrap(), "HTTP/1.1 408", "{path}");
    }
    rig.stop().await;
}
