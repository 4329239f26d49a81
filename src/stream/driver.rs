//! Takes lines in, keeps pushes under way, gives results out.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use model::{Push, PushFault, PushId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

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
#[derive(Debug)]
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
#[derive(Debug)]
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
    order: Order<(Push, Bytes)>,
    under_way: FuturesUnordered<JoinHandle<Back>>,
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
/// A reader that goes away ends it at once; what was begun is finished all the same.
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
    loop {
        // What was read is dealt with before more is read.
        while is_open && driver.has_room() {
            let Some(line) = lines.next(&mut chunk) else { break };
            if let Some(refused) = driver.take(line)
                && results.send(refused).await.is_err()
            {
                return;
            }
        }
        if !is_open && driver.is_idle() {
            return;
        }
        tokio::select! {
            Some(back) = driver.under_way.next(), if !driver.under_way.is_empty() => {
                let back = back.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
                if let Some(outcome) = driver.came_back(back)
                    && results.send(outcome).await.is_err()
                {
                    return;
                }
            }
            read = input.next(), if is_open && driver.has_room() => match read {
                Some(Ok(read)) => chunk = read,
                // A sender that breaks off has not finished its last line.
                Some(Err(_)) => is_open = false,
                None => {
                    is_open = false;
                    let last = lines.finish().and_then(|line| driver.take(line));
                    if let Some(refused) = last
                        && results.send(refused).await.is_err()
                    {
                        return;
                    }
                }
            },
            () = &mut stopping, if is_open => is_open = false,
            () = results.closed() => return,
        }
    }
}

// === impl Driver ===

impl Driver {
    fn new(service: Service, access: Access, mode: Mode, limits: Limits) -> Self {
        let under_way = FuturesUnordered::new();
        Self { service, access, limits, mode, order: Order::new(), under_way, pushes: 0, targets: 0, late: 0 }
    }

    fn is_idle(&self) -> bool {
        self.pushes == 0 && self.late == 0
    }

    fn has_room(&self) -> bool {
        let has_room = self.pushes + self.late < self.limits.pushes && self.targets < self.limits.targets;
        self.is_idle() || has_room
    }

    /// Begins a line. Gives the answer to one that is no push.
    fn take(&mut self, line: Line) -> Option<LineOutcome> {
        let Line { number, text } = line;
        let push = match text {
            LineText::Whole(text) => {
                let push = Push::parse(&text, adapters::vendors());
                push.map(|push| (push, text)).map_err(LineFault::Push)
            }
            LineText::TooLong => Err(LineFault::TooLong),
        };
        let (push, text) = match push {
            Ok(good) => good,
            Err(fault) => return Some(LineOutcome { line: number, outcome: Err(fault) }),
        };
        if let Err(denied) = self.access.check_app(&push.app) {
            return Some(LineOutcome { line: number, outcome: Err(LineFault::Denied(denied)) });
        }
        self.pushes += 1;
        self.targets += push.targets.len();
        let devices = self.order.devices(&push.targets);
        if let Some(push) = self.order.enter(number, devices, (push, text)) {
            self.send(number, push);
        }
        None
    }

    /// A task of its own, so that it goes on while the reader keeps us waiting. It is admitted only there: what waits for an
    /// earlier push, or for the reader, takes no room from others.
    fn send(&mut self, line: u64, (push, text): (Push, Bytes)) {
        let (service, mode, targets) = (self.service.clone(), self.mode, push.targets.len());
        self.under_way.push(tokio::spawn(async move {
            let answer = match mode {
                Mode::Direct => sent(&service, push).await,
                Mode::Durable { .. } => kept(&service, push, text).await,
            };
            Back::Free(Sent { line, targets, outcome: answer.map_err(LineFault::Refused) })
        }));
    }

    /// Lets those go that waited for it. What has to be waited for still is no answer yet.
    fn came_back(&mut self, back: Back) -> Option<LineOutcome> {
        let Sent { line, targets, outcome } = match back {
            Back::Free(sent) => sent,
            Back::Late(outcome) => {
                self.late -= 1;
                return Some(outcome);
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
                None
            }
            (_, outcome) => Some(LineOutcome { line, outcome }),
        }
    }

    fn wait(&mut self, line: u64, kept: Kept, wait: Duration) {
        self.late += 1;
        let service = self.service.clone();
        self.under_way.push(tokio::spawn(async move {
            let outcome = match known(&service, kept, wait).await {
                Ok(answer) => Ok(answer),
                Err(refused) => Err(LineFault::Refused(refused)),
            };
            Back::Late(LineOutcome { line, outcome })
        }));
    }
}

async fn sent(service: &Service, push: Push) -> Result<Answer, Refused> {
    let id = push.id.clone();
    let admitted = service.admit_when_free(push).await?;
    Ok(Answer::Sent { id, reports: service.carry_out(admitted).await })
}

async fn kept(service: &Service, push: Push, text: Bytes) -> Result<Answer, Refused> {
    Ok(Answer::Kept { kept: service.keep_when_free(push, text).await?, status: None })
}

async fn known(service: &Service, kept: Kept, wait: Duration) -> Result<Answer, Refused> {
    let status = service.delivery()?.status_within(&kept, wait).await;
    Ok(Answer::Kept { status: status.map_err(NotKept::Spool)?, kept })
}
