//! Stopping loses nothing that was taken in.

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
