//! Takes lines in, keeps pushes under way, gives results out.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use model::{Push, PushFault, PushId};
use tokio::sync::mpsc::{self, error::TrySendError};

use super::lines::{Line, LineText, Lines};
use super::order::Order;
use crate::access::{Access, Denied};
use crate::delivery::{Kept, NotKept, Status};
use crate::service::{Refused, Report, Service};

/// What one stream may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a line.
    pub line_bytes: usize,
    /// Pushes under way, or waiting for an earlier one to the same device.
    pub pushes: usize,
    /// Their targets together; one push is always taken.
    pub targets: usize,
}

/// What became of a line.
pub struct LineOutcome {
    /// Its number, from 0 on.
    pub line: u64,
    /// What it is answered with.
    pub outcome: Result<Answer, LineFault>,
}

/// How the pushes of a stream are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One attempt each; a line is answered with the outcomes.
    Direct,
    /// Kept on disk; a line is answered when it is there, or with the outcomes if they are known within that time.
    Durable {
        /// How long the answer may wait for the outcomes.
        wait: Duration,
    },
}

/// What a line is answered with.
pub enum Answer {
    /// It was sent.
    Sent {
        /// Its id.
        id: PushId,
        /// What became of each target.
        reports: Vec<Report>,
    },
    /// It is on disk.
    Kept {
        /// Where.
        kept: Kept,
        /// What is known of it, if that was asked for.
        status: Option<Status>,
    },
}

/// Why a line was not sent.
#[derive(Debug)]
pub enum LineFault {
    /// Longer than a push may be.
    TooLong,
    /// No push.
    Push(PushFault),
    /// Not for the caller's key.
    Denied(Denied),
    /// Not taken in.
    Refused(Refused),
}

/// One stream.
struct Driver {
    service: Service,
    access: Access,
    limits: Limits,
    mode: Mode,
    order: Order<(Box<Push>, Bytes)>,
    under_way: FuturesUnordered<Pin<Box<dyn Future<Output = Back> + Send>>>,
    /// What the reader has not taken yet; while there is any, no further line is read.
    answers: VecDeque<LineOutcome>,
    pushes: usize,
    targets: usize,
    /// Outcomes that are waited for.
    late: usize,
}

/// A push that came back.
enum Back {
    /// The next one to the same devices may leave.
    Free(Sent),
    /// An outcome that was waited for after that.
    Late(LineOutcome),
}

/// A push that left, or did not.
struct Sent {
    line: u64,
    targets: usize,
    outcome: Result<Answer, LineFault>,
}

/// Runs a stream to its end: that of the input, of the reader, or of the service. What is under way then is waited for.
///
/// A reader that goes away ends it at once; what was begun is finished all the same. Not to be dropped before its end: the
/// pushes are driven within it, so that one costs neither a task nor a wake-up of its own.
pub async fn run<E>(
    service: Service,
    access: Access,
    mode: Mode,
    mut input: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limits: Limits,
    results: mpsc::Sender<LineOutcome>,
) {
    let mut driver = Driver::new(service.clone(), access, mode, limits);
    let (mut lines, mut chunk, mut is_open) = (Lines::new(limits.line_bytes), Bytes::new(), true);
    let mut stopping = std::pin::pin!(service.stopping());
    let mut reader_gone = std::pin::pin!(results.closed());
    loop {
        if driver.tell(&results).is_err() {
            return driver.finish().await;
        }
        // What was read is dealt with before more is read.
        while is_open && driver.has_room() {
            let Some(line) = lines.next(&mut chunk) else { break };
            driver.take(line);
        }
        if !is_open && driver.is_idle() {
            return;
        }
        tokio::select! {
            () = driver.some_come_back(), if !driver.under_way.is_empty() => {}
            // As it is full, room is waited for; `tell` then fills it.
            room = results.reserve(), if !driver.answers.is_empty() => drop(room),
            read = input.next(), if is_open && driver.has_room() => match read {
                Some(Ok(read)) => chunk = read,
                // A sender that breaks off has not finished its last line.
                Some(Err(_)) => is_open = false,
                None => {
                    is_open = false;
                    if let Some(last) = lines.finish() {
                        driver.take(last);
                    }
                }
            },
            () = &mut stopping, if is_open => is_open = false,
            () = &mut reader_gone => return driver.finish().await,
        }
    }
}

// === impl Driver ===

impl Driver {
    fn new(service: Service, access: Access, mode: Mode, limits: Limits) -> Self {
        let (under_way, answers) = (FuturesUnordered::new(), VecDeque::new());
        Self { service, access, limits, mode, order: Order::new(), under_way, answers, pushes: 0, targets: 0, late: 0 }
    }

    fn is_idle(&self) -> bool {
        self.pushes == 0 && self.late == 0 && self.answers.is_empty()
    }

    fn has_room(&self) -> bool {
        let has_room = self.pushes + self.late < self.limits.pushes && self.targets < self.limits.targets;
        self.is_idle() || (has_room && self.answers.is_empty())
    }

    /// Gives answers to the reader, as far as it takes them. Fails if it is gone.
    fn tell(&mut self, results: &mpsc::Sender<LineOutcome>) -> Result<(), ()> {
        while let Some(answer) = self.answers.pop_front() {
            match results.try_send(answer) {
                Ok(()) => {}
                Err(TrySendError::Full(answer)) => {
                    self.answers.push_front(answer);
                    return Ok(());
                }
                Err(TrySendError::Closed(_)) => return Err(()),
            }
        }
        Ok(())
    }

    /// Waits until a push comes back, and takes all that have.
    ///
    /// The last look wakes nobody afterwards, so who waits for pushes has to call it again before it rests.
    async fn some_come_back(&mut self) {
        let mut back = self.under_way.next().await;
        while let Some(come) = back {
            self.came_back(come);
            back = self.under_way.next().now_or_never().flatten();
        }
    }

    /// Drives what was begun to its end; what waited for it is not begun any more.
    async fn finish(mut self) {
        while self.under_way.next().await.is_some() {}
    }

    /// Begins a line, or answers one that is no push.
    fn take(&mut self, line: Line) {
        let Line { number, text } = line;
        let push = match text {
            LineText::Whole(text) => {
                let push = Push::parse(&text, adapters::vendors());
                push.map(|push| (Box::new(push), text)).map_err(LineFault::Push)
            }
            LineText::TooLong => Err(LineFault::TooLong),
        };
        let (push, text) = match push {
            Ok(good) => good,
            Err(fault) => return self.answers.push_back(LineOutcome { line: number, outcome: Err(fault) }),
        };
        if let Err(denied) = self.access.check_app(&push.app) {
            return self.answers.push_back(LineOutcome { line: number, outcome: Err(LineFault::Denied(denied)) });
        }
        self.pushes += 1;
        self.targets += push.targets.len();
        let devices = self.order.devices(&push.targets);
        if let Some(push) = self.order.enter(number, devices, (push, text)) {
            self.send(number, push);
        }
    }

    /// It is admitted only now: what waited for an earlier push, or for the reader, took no room from others.
    fn send(&mut self, line: u64, (push, text): (Box<Push>, Bytes)) {
        let (service, mode, targets) = (self.service.clone(), self.mode, push.targets.len());
        self.under_way.push(Box::pin(async move {
            let answer = match mode {
                Mode::Direct => sent(&service, push).await,
                Mode::Durable { .. } => kept(&service, push, text).await,
            };
            Back::Free(Sent { line, targets, outcome: answer.map_err(LineFault::Refused) })
        }));
    }

    /// Lets those go that waited for it. What has to be waited for still is no answer yet.
    fn came_back(&mut self, back: Back) {
        let Sent { line, targets, outcome } = match back {
            Back::Free(sent) => sent,
            Back::Late(outcome) => {
                self.late -= 1;
                return self.answers.push_back(outcome);
            }
        };
        self.pushes -= 1;
        self.targets -= targets;
        for (line, push) in self.order.settle(line) {
            self.send(line, push);
        }
        match (self.mode, outcome) {
            (Mode::Durable { wait }, Ok(Answer::Kept { kept, .. })) if kept.is_known || !wait.is_zero() => {
                self.wait(line, kept, wait);
            }
            (_, outcome) => self.answers.push_back(LineOutcome { line, outcome }),
        }
    }

    fn wait(&mut self, line: u64, kept: Kept, wait: Duration) {
        self.late += 1;
        let service = self.service.clone();
        self.under_way.push(Box::pin(async move {
            let outcome = match known(&service, kept, wait).await {
                Ok(answer) => Ok(answer),
                Err(refused) => Err(LineFault::Refused(refused)),
            };
            Back::Late(LineOutcome { line, outcome })
        }));
    }
}

async fn sent(service: &Service, push: Box<Push>) -> Result<Answer, Refused> {
    let id = push.id.clone();
    let admitted = service.admit_when_free(push).await?;
    Ok(Answer::Sent { id, reports: service.carry_out(admitted).await })
}

async fn kept(service: &Service, push: Box<Push>, text: Bytes) -> Result<Answer, Refused> {
    Ok(Answer::Kept { kept: service.keep_when_free(push, text).await?, status: None })
}

async fn known(service: &Service, kept: Kept, wait: Duration) -> Result<Answer, Refused> {
    let status = service.delivery()?.status_within(&kept, wait).await;
    Ok(Answer::Kept { status: status.map_err(NotKept::Spool)?, kept })
}
