use super::*;

use tokio::time::advance;

fn app() -> AppId {
    AppId::parse("demo").unwrap()
}

fn limits(config: AppLimits) -> Arc<Limited> {
    let limits = Limits::default();
    limits.apply([(app(), config)].into());
    limits.of(&app()).unwrap()
}

fn push(id: &str, title: &str, tokens: usize) -> Push {
    let targets: Vec<String> =
        (0..tokens).map(|token| format!("{{\"vendor\": \"mi\", \"token\": \"token-{token}\"}}")).collect();
    let message = format!("{{\"title\": \"{title}\", \"body\": \"b\"}}");
    let text = format!(
        "{{\"id\": \"{id}\", \"app\": \"demo\", \"message\": {message}, \"targets\": [{}]}}",
        targets.join(",")
    );
    Push::parse(text.as_bytes(), adapters::vendors()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_burst_passes_and_then_the_rate_holds() {
    let limited = limits(AppLimits { rate_per_minute: Some(60), burst: Some(3), ..AppLimits::default() });
    let one = push("a", "t", 1);
    assert_eq!(limited.quota(), Some(Quota { per_minute: 60, remaining: 3, reset: Duration::ZERO }));
    for _ in 0..3 {
        limited.enter(&one).unwrap();
    }
    let over = OverLimit::Rate { per_minute: 60, retry_after: Duration::from_nanos(1_000_000_001) };
    assert_eq!(limited.enter(&one).unwrap_err(), over);
    let quota = limited.quota().unwrap();
    assert_eq!((quota.remaining, quota.reset), (0, Duration::from_secs(3)));
    assert_eq!(quota.policy(), "\"pushes\";q=60;w=60");
    assert_eq!(quota.state(), "\"pushes\";r=0;t=3");
    advance(Duration::from_secs(1)).await;
    limited.enter(&one).unwrap();
    assert!(limited.enter(&one).is_err());
    // Over a minute no more than the rate and the burst.
    advance(Duration::from_secs(600)).await;
    let passed = (0..100).filter(|_| limited.enter(&one).is_ok()).count();
    assert_eq!(passed, 3);
}

#[tokio::test(start_paused = true)]
async fn a_stream_waits_for_its_turn() {
    let limited = limits(AppLimits { rate_per_minute: Some(60), burst: Some(1), ..AppLimits::default() });
    let begun = tokio::time::Instant::now();
    for _ in 0..5 {
        limited.enter_when_free(&push("a", "t", 1)).await.unwrap();
    }
    assert_eq!(begun.elapsed().as_millis() / 100, 40, "{:?}", begun.elapsed());
    // Who goes away while he waits has taken nothing.
    let late = push("a", "t", 1);
    let waiting = limited.enter_when_free(&late);
    assert!(tokio::time::timeout(Duration::from_millis(500), waiting).await.is_err());
    advance(Duration::from_millis(600)).await;
    limited.enter(&push("a", "t", 1)).unwrap();
}

#[tokio::test]
async fn targets_are_counted_in_a_push_and_under_way() {
    let config = AppLimits {
        max_targets_per_push: Some(3),
        max_in_flight: Some(4),
        rate_per_minute: Some(2),
        ..AppLimits::default()
    };
    let limited = limits(AppLimits { burst: Some(2), ..config });
    assert_eq!(limited.enter(&push("a", "t", 4)).unwrap_err(), OverLimit::Targets { most: 3, actual: 4 });
    let under_way = limited.enter(&push("a", "t", 3)).unwrap();
    assert_eq!(limited.enter(&push("b", "t", 2)).unwrap_err(), OverLimit::InFlight);
    drop(under_way);
    limited.enter(&push("b", "t", 2)).expect("what was turned away has used nothing of the rate");
}

#[tokio::test(start_paused = true)]
async fn the_same_content_is_refused_within_the_window() {
    let limited = limits(AppLimits { duplicate_window: Some(Duration::from_secs(60)), ..AppLimits::default() });
    limited.enter(&push("first", "t", 2)).unwrap().taken();
    advance(Duration::from_secs(10)).await;
    let id = PushId::parse("first").unwrap();
    let over = OverLimit::Duplicate { id, ago: Duration::from_secs(10) };
    assert_eq!(limited.enter(&push("second", "t", 2)).unwrap_err(), over);
    assert_eq!(limited.enter_when_free(&push("second", "t", 2)).await.unwrap_err(), over);
    limited.enter(&push("first", "t", 2)).expect("the same id is the same push");
    limited.enter(&push("third", "other", 2)).expect("another message");
    limited.enter(&push("third", "t", 1)).expect("other targets");
    advance(Duration::from_secs(51)).await;
    limited.enter(&push("second", "t", 2)).expect("the window is over");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_taken_in_may_be_tried_again() {
    let limited = limits(AppLimits { duplicate_window: Some(Duration::from_secs(60)), ..AppLimits::default() });
    drop(limited.enter(&push("first", "t", 1)).unwrap());
    limited.enter(&push("second", "t", 1)).unwrap();
}

#[tokio::test]
async fn limits_that_stay_keep_what_is_used_of_them() {
    let all = Limits::default();
    let config = |burst| AppLimits { rate_per_minute: Some(1), burst: Some(burst), ..AppLimits::default() };
    all.apply([(app(), config(1))].into());
    all.of(&app()).unwrap().enter(&push("a", "t", 1)).unwrap();
    all.apply([(app(), config(1))].into());
    assert!(all.of(&app()).unwrap().enter(&push("a", "t", 1)).is_err());
    all.apply([(app(), config(2))].into());
    all.of(&app()).unwrap().enter(&push("a", "t", 1)).unwrap();
    all.apply(BTreeMap::new());
    assert!(all.of(&app()).is_none());
}
