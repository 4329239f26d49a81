use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::advance;

use super::vendor::{clock, vendor};
use crate::access_tokens::{AccessTokens, Grant};
use crate::transport::HttpClients;

fn tokens(renews: bool) -> (Arc<super::vendor::TestVendor>, AccessTokens) {
    let vendor = vendor(renews);
    let client = HttpClients::for_service("http://127.0.0.1").unwrap();
    (vendor.clone(), AccessTokens::new(vendor, client, Duration::from_secs(1), clock(), Arc::default()))
}

async fn number(tokens: &AccessTokens) -> String {
    match tokens.get(0, None).await.unwrap() {
        Grant::Token(token) => token.header().to_str().unwrap().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_serves_until_it_is_due_and_is_renewed_before_it_ends() {
    let (vendor, tokens) = tokens(true);
    assert_eq!(number(&tokens).await, "1");
    advance(Duration::from_secs(1799)).await;
    assert_eq!(number(&tokens).await, "1");
    advance(Duration::from_secs(2)).await;
    assert_eq!(number(&tokens).await, "1", "nobody waits for the renewal");
    tokio::task::yield_now().await;
    assert_eq!(number(&tokens).await, "2");
    advance(Duration::from_secs(7200)).await;
    assert_eq!(number(&tokens).await, "3", "an ended one is never used");
    assert_eq!(vendor.issued.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_crowd_makes_one_flight() {
    let (vendor, tokens) = tokens(true);
    let crowd = (0..100).map(|_| number(&tokens));
    let numbers = futures_util::future::join_all(crowd).await;
    assert!(numbers.iter().all(|number| number == "1"));
    assert_eq!(vendor.issued.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_all_who_had_it() {
    let (vendor, tokens) = tokens(true);
    let Grant::Token(refused) = tokens.get(0, None).await.unwrap() else { panic!("a token") };
    for _ in 0..3 {
        let Grant::Token(newer) = tokens.get(0, Some(&refused)).await.unwrap() else { panic!("a token") };
        assert_eq!(newer.header(), "2");
    }
    assert_eq!(vendor.issued.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_newer_can_be_had_the_refused_one_is_not_used_again() {
    let (_, tokens) = tokens(false);
    let Grant::Token(refused) = tokens.get(0, None).await.unwrap() else { panic!("a token") };
    assert!(matches!(tokens.get(0, Some(&refused)).await.unwrap(), Grant::NothingNewer));
}

#[tokio::test(start_paused = true)]
async fn each_credential_has_its_own_token() {
    let (_, tokens) = tokens(true);
    assert_eq!(number(&tokens).await, "1");
    let Grant::Token(other) = tokens.get(1, None).await.unwrap() else { panic!("a token") };
    assert_eq!(other.header(), "2");
    assert_eq!(number(&tokens).await, "1");
}
