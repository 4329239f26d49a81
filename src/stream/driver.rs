//! Takes lines in, keeps pushes under way, gives results out.

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use model::{Push, PushFault, PushId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::lines::{Line, LineText, Lines};
use super::order::Order;
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
    /// Results in the order of the targets, or why there are none.
    pub outcome: Result<Settled, LineFault>,
}

/// A push that was sent.
#[derive(Debug)]
pub struct Settled {
    /// Its id.
    pub id: PushId,
    /// What became of each target.
    pub reports: Vec<Report>,
}

/// Why a line was not sent.
#[derive(Debug)]
pub enum LineFault {
    /// Longer than a push may be.
    TooLong,
    /// No push.
    Push(PushFault),
    /// Not taken in.
    Refused(Refused),
}

/// One stream.
struct Driver {
    service: Service,
    limits: Limits,
    order: Order<Push>,
    under_way: FuturesUnordered<JoinHandle<Sent>>,
    pushes: usize,
    targets: usize,
}

/// A push that came back.
struct Sent {
    line: u64,
    targets: usize,
    outcome: Result<Settled, LineFault>,
}

/// Runs a stream to its end: that of the input, of the reader, or of the service. What is under way then is waited for.
///
/// A reader that goes away ends it at once; what was begun is finished all the same.
pub async fn run<E>(
    service: Service,
    mut input: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limits: Limits,
    results: mpsc::Sender<LineOutcome>,
) {
    let mut driver = Driver::new(service.clone(), limits);
    let (mut lines, mut chunk, mut is_open) = (Lines::new(limits.line_bytes), Bytes::new(), true);
    let mut stopping = std::pin::pin!(service.stopping());
    loop {
        // What was read is dealt with before more is read.
        while is_open && driver.has_room() {
            let Some(line) = lines.next(&mut chunk) else { break };
            if let Err(refused) = driver.take(line)
                && results.send(refused).await.is_err()
            {
                return;
            }
        }
        if !is_open && driver.pushes == 0 {
            return;
        }
        tokio::select! {
            Some(sent) = driver.under_way.next(), if !driver.under_way.is_empty() => {
                let sent = sent.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
                if results.send(driver.came_back(sent)).await.is_err() {
                    return;
                }
            }
            read = input.next(), if is_open && driver.has_room() => match read {
                Some(Ok(read)) => chunk = read,
                // A sender that breaks off has not finished its last line.
                Some(Err(_)) => is_open = false,
                None => {
                    is_open = false;
                    let last = lines.finish().map(|line| driver.take(line));
                    if let Some(Err(refused)) = last
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
    fn new(service: Service, limits: Limits) -> Self {
        let under_way = FuturesUnordered::new();
        Self { service, limits, order: Order::new(), under_way, pushes: 0, targets: 0 }
    }

    fn has_room(&self) -> bool {
        self.pushes == 0 || (self.pushes < self.limits.pushes && self.targets < self.limits.targets)
    }

    /// Begins a line, or tells why not.
    fn take(&mut self, line: Line) -> Result<(), LineOutcome> {
        let Line { number, text } = line;
        let push = match text {
            LineText::Whole(text) => Push::parse(&text, adapters::vendors()).map_err(LineFault::Push),
            LineText::TooLong => Err(LineFault::TooLong),
        };
        let push = push.map_err(|fault| LineOutcome { line: number, outcome: Err(fault) })?;
        self.pushes += 1;
        self.targets += push.targets.len();
        let devices = self.order.devices(&push.targets);
        if let Some(push) = self.order.enter(number, devices, push) {
            self.send(number, push);
        }
        Ok(())
    }

    /// A task of its own, so that it goes on while the reader keeps us waiting. It is admitted only there: what waits for an
    /// earlier push, or for the reader, takes no room from others.
    fn send(&mut self, line: u64, push: Push) {
        let (service, id, targets) = (self.service.clone(), push.id.clone(), push.targets.len());
        self.under_way.push(tokio::spawn(async move {
            let outcome = match service.admit_when_free(push).await {
                Ok(admitted) => Ok(Settled { id, reports: service.carry_out(admitted).await }),
                Err(refused) => Err(LineFault::Refused(refused)),
            };
            Sent { line, targets, outcome }
        }));
    }

    /// Lets those go that waited for it.
    fn came_back(&mut self, sent: Sent) -> LineOutcome {
        self.pushes -= 1;
        self.targets -= sent.targets;
        for (line, push) in self.order.settle(sent.line) {
            self.send(line, push);
        }
        LineOutcome { line: sent.line, outcome: sent.outcome }
    }
}
