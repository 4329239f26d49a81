use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use model::{AppId, DeviceToken, Environment, EventKind, Outcome, PushId, Scope, Vendor, VendorCode};
use serde_json::{Value, json};
use spool::{Event, MemorySpool, Moment, NewEvent, Retention, Spool};

use super::*;
use crate::access::Access;

const VENDOR: Vendor = Vendor::new("apns");

fn app(name: &str) -> AppId {
    AppId::parse(name).unwrap()
}

fn logged(app_name: &str, kind: EventKind) -> NewEvent {
    NewEvent { app: app(app_name), kind: code_of(kind), body: Bytes::from_static(b"{\"push\":\"p\"}") }
}

fn everything() -> Selection {
    Selection { app: None, kinds: EventKind::ALL.to_vec(), access: Access::full() }
}

async fn log(spool: &dyn Spool, events: Vec<NewEvent>) {
    spool.log(Moment::from_millis(1000), events).await.unwrap();
}

async fn next(feed: &mut Feed) -> Vec<u64> {
    let events = tokio::time::timeout(Duration::from_secs(5), feed.next()).await.expect("there is something").unwrap();
    events.iter().map(|event| event.id).collect()
}

fn tell_body(body: &'static str) -> Value {
    let at = Moment::from_millis(1_790_000_000_123);
    let event = Event { id: 7, at, app: app("demo"), kind: 1, body: Bytes::from_static(body.as_bytes()) };
    let mut out = Vec::new();
    tell(&event, EventKind::Outcome, &mut out);
    assert!(!out.contains(&b'\n') && !out.contains(&b'\r'));
    serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
}

#[test]
fn the_fields_of_a_body_follow_what_the_log_knows() {
    let at = "2026-09-21T14:13:20.123Z";
    let told = tell_body(r#"{"push": "p", "results": [{"target": 0}]}"#);
    assert_eq!(
        told,
        json!({"id": 7, "kind": "outcome", "app": "demo", "at": at, "push": "p", "results": [{"target": 0}]})
    );
    let bare = json!({"id": 7, "kind": "outcome", "app": "demo", "at": at});
    for body in ["{}", " { } ", "", "[1]", "null"] {
        assert_eq!(tell_body(body), bare, "{body}");
    }
    assert_eq!(tell_body("{\n  \"push\": \"a\\nb\"\r\n}\n")["push"], "a\nb");
}

#[test]
fn a_dead_token_is_told_with_all_that_is_known() {
    let (token, push) = (DeviceToken::parse("abc\"d").unwrap(), PushId::parse("p").unwrap());
    let code = VendorCode::new("Unregistered");
    let app = app("demo");
    let dead = DeadToken {
        app: &app,
        vendor: VENDOR,
        environment: Environment::Production,
        token: &token,
        since: Some(UNIX_EPOCH + Duration::from_secs(60)),
        code: Some(&code),
        push: &push,
    };
    let event = dead.event();
    assert_eq!((event.kind, event.app.as_str()), (2, "demo"));
    assert_eq!(
        serde_json::from_slice::<Value>(&event.body).unwrap(),
        json!({"vendor": "apns", "environment": "production", "token": "abc\"d", "since": "1970-01-01T00:01:00Z",
            "code": "Unregistered", "push": "p"})
    );
    let bare: Value = serde_json::from_slice(&DeadToken { since: None, code: None, ..dead }.event().body).unwrap();
    assert_eq!(bare, json!({"vendor": "apns", "environment": "production", "token": "abc\"d", "push": "p"}));
}

#[test]
fn a_channels_change_says_why() {
    let (app, code) = (app("demo"), VendorCode::new("ExpiredProviderToken"));
    let reason = Outcome::ChannelDisabled { scope: Scope::Channel };
    let change = ChannelChange {
        app: &app,
        vendor: VENDOR,
        environment: Environment::Sandbox,
        state: ChannelState::Parked,
        reason: Some(reason.as_str()),
        code: Some(&code),
        detail: Some("renew it"),
    };
    let event = change.event();
    assert_eq!(event.kind, 3);
    assert_eq!(
        serde_json::from_slice::<Value>(&event.body).unwrap(),
        json!({"vendor": "apns", "environment": "sandbox", "state": "parked", "reason": "channel_disabled",
            "code": "ExpiredProviderToken", "detail": "renew it"})
    );
    let open = ChannelChange { state: ChannelState::Open, reason: None, code: None, detail: None, ..change }.event();
    let open: Value = serde_json::from_slice(&open.body).unwrap();
    assert_eq!(open, json!({"vendor": "apns", "environment": "sandbox", "state": "open"}));
}

#[tokio::test]
async fn a_feed_follows_the_log() {
    let spool = Arc::new(MemorySpool::new());
    log(&*spool, vec![logged("demo", EventKind::Outcome); 3]).await;
    let (mut feed, skipped) = Feed::open(spool.clone(), everything(), Start::Now).await.unwrap();
    assert_eq!((skipped, feed.seen()), (None, 3));
    assert!(tokio::time::timeout(Duration::from_millis(20), feed.next()).await.is_err(), "nothing new yet");
    let logging = {
        let spool = spool.clone();
        tokio::spawn(async move { log(&*spool, vec![logged("demo", EventKind::Channel)]).await })
    };
    assert_eq!(next(&mut feed).await, [4]);
    logging.await.unwrap();
    let (mut feed, _) = Feed::open(spool, everything(), Start::After(0)).await.unwrap();
    assert_eq!(next(&mut feed).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_selection_passes_over_the_rest() {
    let spool = Arc::new(MemorySpool::new());
    for _ in 0..100 {
        let events =
            EventKind::ALL.map(|kind| logged("demo", kind)).into_iter().chain([logged("other", EventKind::Channel)]);
        log(&*spool, events.collect()).await;
    }
    log(&*spool, vec![NewEvent { kind: 9, ..logged("demo", EventKind::Channel) }]).await;
    let selection = Selection { app: Some(app("demo")), kinds: vec![EventKind::Channel], access: Access::full() };
    let (mut feed, _) = Feed::open(spool, selection, Start::After(0)).await.unwrap();
    let mut told = Vec::new();
    while told.len() < 100 {
        told.extend(next(&mut feed).await);
    }
    assert_eq!(told, (0..100).map(|round| round * 4 + 3).collect::<Vec<u64>>());
    assert!(tokio::time::timeout(Duration::from_millis(20), feed.next()).await.is_err());
    assert_eq!(feed.seen(), 401, "a kind of the future is passed over too");
}

#[tokio::test]
async fn what_cannot_be_told_any_more_is_named() {
    let spool = Arc::new(MemorySpool::new());
    let open = |id| Feed::open(spool.clone(), everything(), Start::After(id));
    log(&*spool, vec![logged("demo", EventKind::Outcome); 3]).await;
    assert_eq!(open(2).await.unwrap().1, None);
    assert_eq!(open(3).await.unwrap().1, None);
    let (mut feed, skipped) = open(9).await.unwrap();
    assert_eq!(skipped, Some(Skipped::Foreign));
    assert_eq!(next(&mut feed).await, [1, 2, 3]);
    let retention = Retention { pushes: Duration::ZERO, events: Duration::ZERO };
    spool.purge(Moment::from(SystemTime::now()), retention).await.unwrap();
    assert_eq!(open(1).await.unwrap().1, Some(Skipped::Purged(3)));
    assert_eq!(open(3).await.unwrap().1, None);
    assert_eq!(open(0).await.unwrap().1, None, "the oldest retained was asked for");
    log(&*spool, vec![logged("demo", EventKind::Outcome)]).await;
    let (mut feed, skipped) = open(1).await.unwrap();
    assert_eq!(skipped, Some(Skipped::Purged(3)));
    assert_eq!(next(&mut feed).await, [4]);
}
