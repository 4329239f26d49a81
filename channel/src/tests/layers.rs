use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use model::{Answer, Outcome, RateUnit, Sent, Verdicts};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use super::vendor::{batch, clock, vendor};
use crate::access_tokens::AccessTokens;
use crate::bucket::Bucket;
use crate::layers::adapt::AdaptLayer;
use crate::layers::authorise::AuthoriseLayer;
use crate::layers::deadline::DeadlineLayer;
use crate::layers::rate::{Rate, RateLayer};
use crate::layers::resend::ResendLayer;
use crate::transport::{HttpClients, Received, TransportFault};
use crate::{Batch, Reply};

type Scripted = Result<u16, TransportFault>;

/// A transport that answers with these, one after another, and notes the access tokens it saw.
#[derive(Clone)]
struct Script {
    answers: Arc<std::sync::Mutex<Vec<Scripted>>>,
    seen: Arc<std::sync::Mutex<Vec<String>>>,
}

fn script(answers: Vec<Scripted>) -> Script {
    Script { answers: Arc::new(std::sync::Mutex::new(answers)), seen: Arc::default() }
}

impl Service<Request<Bytes>> for Script {
    type Response = Received;
    type Error = TransportFault;
    type Future = std::future::Ready<Result<Received, TransportFault>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), TransportFault>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let token = request.headers().get("authorization").map_or("-", |value| value.to_str().unwrap());
        self.seen.lock().unwrap().push(token.to_owned());
        let answer = self.answers.lock().unwrap().remove(0);
        std::future::ready(answer.map(|status| {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::new() };
            Received { answer, connection: None }
        }))
    }
}

/// Resend, authorise and adapt over a script.
async fn ask(script: &Script, renews: bool) -> Reply {
    let vendor = vendor(renews);
    let client = HttpClients::for_service("http://127.0.0.1").unwrap();
    let tokens = AccessTokens::new(vendor.clone(), client, Duration::from_secs(1), clock(), Arc::default());
    let stack = ServiceBuilder::new()
        .layer(ResendLayer)
        .layer(AuthoriseLayer(Arc::new(tokens)))
        .layer(AdaptLayer { adapter: vendor, clock: clock() })
        .service(script.clone());
    stack.oneshot(batch(1)).await.unwrap()
}

fn outcome(reply: &Reply) -> &'static str {
    match &reply.verdicts {
        Verdicts::All(verdict) => verdict.outcome.as_str(),
        Verdicts::Each(_) => "each",
    }
}

#[tokio::test]
async fn what_was_surely_not_processed_is_sent_once_more() {
    let lost = || TransportFault::Lost { what: "broken".into() };
    let rows = [
        (vec![Ok(200)], "accepted", 1),
        (vec![Ok(503), Ok(200)], "accepted", 2),
        (vec![Ok(503), Ok(503), Ok(200)], "unavailable", 2),
        (vec![Err(TransportFault::Refused), Ok(200)], "accepted", 2),
        (vec![Err(TransportFault::GoneAway { words: Bytes::new() }), Ok(200)], "accepted", 2),
        (vec![Err(lost()), Ok(200)], "unavailable", 1),
        (vec![Err(TransportFault::TimedOut), Ok(200)], "unavailable", 1),
        (vec![Ok(202), Ok(200)], "accepted", 1),
        (vec![Ok(202), Ok(202), Ok(202), Ok(202)], "unavailable", 1),
    ];
    for (answers, wanted, attempts) in rows {
        let shown = format!("{answers:?}");
        let reply = ask(&script(answers), true).await;
        assert_eq!((outcome(&reply), reply.attempts), (wanted, attempts), "{shown}");
    }
}

#[tokio::test]
async fn an_expired_access_token_is_renewed_and_the_call_repeated() {
    let answers = script(vec![Ok(401), Ok(200)]);
    let reply = ask(&answers, true).await;
    assert_eq!((outcome(&reply), reply.attempts), ("accepted", 2));
    assert_eq!(*answers.seen.lock().unwrap(), ["1", "2"]);

    let answers = script(vec![Ok(401), Ok(200)]);
    let reply = ask(&answers, false).await;
    assert_eq!((outcome(&reply), reply.attempts), ("expired_credentials", 1), "nothing newer could be had");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_stream_and_a_wait_for_an_answer_are_told_apart() {
    let limit = Duration::from_secs(3);
    let (unready, mut handle) = tower_test::mock::pair::<Request<Bytes>, Received>();
    let unready = unready.map_err(|_| TransportFault::Refused);
    handle.allow(0);
    let begun = Instant::now();
    let fault = DeadlineLayer(limit).layer(unready).oneshot(Request::new(Bytes::new())).await.unwrap_err();
    assert!(matches!(fault, TransportFault::NoStream), "{fault:?}");
    assert_eq!(begun.elapsed(), limit);

    let (silent, mut handle) = tower_test::mock::pair::<Request<Bytes>, Received>();
    let silent = silent.map_err(|_| TransportFault::Refused);
    handle.allow(1);
    let fault = DeadlineLayer(limit).layer(silent).oneshot(Request::new(Bytes::new())).await.unwrap_err();
    assert!(matches!(fault, TransportFault::TimedOut), "{fault:?}");
    let sent = |fault: TransportFault| match fault.verdict(&*vendor(true)).outcome {
        Outcome::Unavailable { sent, .. } => sent,
        other => panic!("{other:?}"),
    };
    assert_eq!((sent(TransportFault::NoStream), sent(TransportFault::TimedOut)), (Sent::No, Sent::Maybe));
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_ready_when_its_rate_allows() {
    let echo = tower::service_fn(|batch: Batch| async move {
        let verdict = model::Verdict::accepted(None);
        Ok::<_, std::convert::Infallible>(Reply {
            verdicts: Verdicts::All(verdict),
            attempts: batch.targets.len() as u32,
        })
    });
    for (unit, targets, calls, seconds) in [(RateUnit::Requests, 5, 30, 2.0), (RateUnit::Targets, 5, 6, 2.0)] {
        let rate = Rate { bucket: Arc::new(Bucket::new(10.0)), unit };
        let service = RateLayer(Some(rate)).layer(echo);
        let begun = Instant::now();
        for _ in 0..calls {
            service.clone().oneshot(batch(targets)).await.unwrap();
        }
        let took = begun.elapsed().as_secs_f64();
        assert!((took - seconds).abs() <= 0.6, "{unit:?}: {took}");
        // A readiness that is not used is given back.
        let mut unused = service.clone();
        unused.ready().await.unwrap();
        drop(unused);
    }
}
