//! The feed of a service that has no spool.

use serde_json::Value;

use crate::support::{Rig, without_spool};

#[tokio::test]
async fn without_a_spool_the_feed_says_what_to_configure() {
    let rig = Rig::start_with(without_spool).await;
    let (status, text) = rig.get("/v1/events?kind=outcome,channel&after=0").await;
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status.as_u16(), &problem["type"]), (501, &Value::from("urn:pushmux:problem:not_available")));
    assert!(problem["detail"].as_str().unwrap().contains("configure [spool]"), "{problem}");
    let (status, text) = rig.get("/v1/events?kind=receipt").await;
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status.as_u16(), &problem["type"]), (422, &Value::from("urn:pushmux:problem:invalid_query")));
    assert_eq!(problem["faults"][0]["path"], "/kind");
    rig.stop().await;
}
