//! The spool on disk against its twin, over random histories with restarts and crashes.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::{MemorySpool, SqliteSpool};

use super::*;

const VENDORS: [&str; 3] = ["apns", "fcm", "mi"];
const TARGETS: u32 = 8;

#[derive(Clone, Debug)]
enum Step {
    Admit {
        app: usize,
        id: u8,
        digest: u8,
        priority: Priority,
        due: u64,
        channels: Vec<usize>,
        body: usize,
    },
    Page {
        channel: usize,
        priority: Priority,
        after: (u64, u64),
        rows: usize,
        bytes: usize,
        due_by: u64,
    },
    Settle(Vec<(u64, usize, Vec<u32>, Then, usize)>),
    Cancel {
        app: usize,
        id: u8,
    },
    Log {
        app: usize,
        events: usize,
    },
    Events {
        after: u64,
        app: Option<usize>,
        limit: usize,
    },
    Mark {
        reader: u8,
        event: u64,
    },
    Lease {
        app: usize,
        count: u64,
    },
    Purge {
        pushes: u64,
        events: u64,
    },
    /// Shut down in order and open again.
    Reopen,
    /// The files as they lie at this moment, opened elsewhere.
    Crash,
}

fn priority() -> impl Strategy<Value = Priority> {
    prop_oneof![Just(Priority::High), Just(Priority::Normal)]
}

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![
        2 => Just(Then::Progress),
        2 => (0..12_u64, 1..5_u32)
            .prop_map(|(due, attempts)| Then::RetryAt { due: Moment::from_millis(due), attempts }),
        3 => Just(Then::Done),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let channels = prop::sample::subsequence(vec![0_usize, 1, 2], 1..=3).prop_shuffle();
    let settlement = (1..20_u64, 0..3_usize, prop::collection::vec(0..TARGETS, 0..5), then(), 0..3_usize);
    prop_oneof![
        8 => (0..2_usize, 0..10_u8, 0..8_u8, priority(), 0..8_u64, channels, 0..200_usize).prop_map(
            |(app, id, digest, priority, due, channels, body)| Step::Admit {
                app, id, digest: digest / 7, priority, due, channels, body
            }
        ),
        4 => (0..3_usize, priority(), (0..8_u64, 0..12_u64), 0..5_usize, 0..400_usize, 0..14_u64).prop_map(
            |(channel, priority, after, rows, bytes, due_by)| Step::Page {
                channel, priority, after, rows, bytes, due_by
            }
        ),
        8 => prop::collection::vec(settlement, 1..5).prop_map(Step::Settle),
        2 => (0..2_usize, 0..10_u8).prop_map(|(app, id)| Step::Cancel { app, id }),
        1 => (0..2_usize, 0..3_usize).prop_map(|(app, events)| Step::Log { app, events }),
        2 => (0..20_u64, prop::option::of(0..2_usize), 0..6_usize)
            .prop_map(|(after, app, limit)| Step::Events { after, app, limit }),
        1 => (0..3_u8, 0..20_u64).prop_map(|(reader, event)| Step::Mark { reader, event }),
        1 => (0..2_usize, 0..9_u64).prop_map(|(app, count)| Step::Lease { app, count }),
        2 => (0..30_u64, 0..30_u64).prop_map(|(pushes, events)| Step::Purge { pushes, events }),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
    ]
}

struct Both {
    twin: MemorySpool,
    disk: Option<SqliteSpool>,
    folder: tempfile::TempDir,
    crashes: usize,
    /// The clock: one millisecond a step.
    now: u64,
}

// === impl Both ===

impl Both {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut both = Self { twin: MemorySpool::new(), disk: None, folder, crashes: 0, now: 0 };
        both.open();
        both
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(format!("spool-{}.sqlite3", self.crashes))
    }

    fn open(&mut self) {
        self.disk = Some(SqliteSpool::open(self.file()).unwrap());
    }

    fn spools(&self) -> [&dyn Spool; 2] {
        [&self.twin, self.disk.as_ref().unwrap()]
    }

    async fn take(&mut self, step: Step) {
        self.now += 1;
        match step {
            Step::Reopen => {
                self.disk = None;
                self.open();
            }
            Step::Crash => {
                let before = self.file();
                self.crashes += 1;
                copy(&before, &self.file());
                self.disk = None;
                self.open();
            }
            step => {
                let [twin, disk] = self.spools();
                let now = Moment::from_millis(self.now);
                let (want, got) = (answer(twin, &step, now).await, answer(disk, &step, now).await);
                assert_eq!(got, want, "{step:?}");
            }
        }
    }

    /// Everything that can be seen.
    async fn compare(&self) {
        let [twin, disk] = self.spools();
        assert_eq!(disk.open_channels().await, twin.open_channels().await);
        assert_eq!(disk.events_after(0, None, 1000).await, twin.events_after(0, None, 1000).await);
        assert_eq!(disk.marks().await, twin.marks().await);
        assert_eq!(*disk.subscribe().borrow(), *twin.subscribe().borrow());
        for (app, id) in (0..2).flat_map(|app| (0..10).map(move |id| (app, id))) {
            let (app, id) = name(app, id);
            assert_eq!(disk.push(&app, &id).await, twin.push(&app, &id).await);
        }
        for vendor in VENDORS {
            for priority in [Priority::High, Priority::Normal] {
                let page =
                    |spool: &dyn Spool| block_on(spool.page(&channel(vendor), priority, Position::START, ALL)).unwrap();
                let (want, got) = std::thread::scope(|scope| scope.spawn(|| (page(twin), page(disk))).join()).unwrap();
                assert_eq!(got, want);
            }
        }
    }
}

fn name(app_no: usize, id_no: u8) -> (AppId, PushId) {
    (app(["demo", "shop"][app_no]), id(&format!("push-{id_no}")))
}

fn events(app_no: usize, count: usize) -> Vec<NewEvent> {
    (0..count).map(|nth| NewEvent { app: name(app_no, 0).0, ..event(&format!("event {nth}")) }).collect()
}

/// What a spool answers, as text.
async fn answer(spool: &dyn Spool, step: &Step, now: Moment) -> String {
    match step.clone() {
        Step::Admit { app, id, digest, priority, due, channels, body } => {
            let (app, id) = name(app, id);
            let push = NewPush {
                app,
                id,
                digest: [digest; 32],
                body: vec![digest; body].into(),
                nonce: u128::from(due) << 100,
                notify_id: due,
                trace: None,
                priority,
                admitted_at: now,
                due: Moment::from_millis(due),
                expires_at: now.after(Duration::from_secs(1)),
                channels: channels.into_iter().map(|no| channel(VENDORS[no])).collect(),
            };
            format!("{:?}", spool.admit(push).await)
        }
        Step::Page { channel: no, priority, after: (due, seq), rows, bytes, due_by } => {
            let after = Position { due: Moment::from_millis(due), seq };
            let limits = PageLimits { rows, bytes, due_by: Moment::from_millis(due_by) };
            format!("{:?}", spool.page(&channel(VENDORS[no]), priority, after, limits).await)
        }
        Step::Settle(settlements) => {
            let settlements = settlements.into_iter().map(|(seq, no, targets, then, told)| Settlement {
                channel: channel(VENDORS[no]),
                events: events(no % 2, told),
                ..settlement(seq, targets, then)
            });
            format!("{:?}", spool.settle(now, settlements.collect()).await)
        }
        Step::Cancel { app, id } => {
            let (app, id) = name(app, id);
            let Some(state) = spool.push(&app, &id).await.unwrap() else { return "no such push".into() };
            let settlements = state.parts.into_iter().map(|part| Settlement {
                channel: part.channel,
                results: (0..TARGETS).map(|target| outcome(target, "cancelled")).collect(),
                ..settlement(state.seq, [], Then::Done)
            });
            format!("{:?}", spool.settle(now, settlements.collect()).await)
        }
        Step::Log { app, events: count } => format!("{:?}", spool.log(now, events(app, count)).await),
        Step::Events { after, app, limit } => {
            let app = app.map(|no| name(no, 0).0);
            format!("{:?}", spool.events_after(after, app.as_ref(), limit).await)
        }
        Step::Mark { reader, event } => format!("{:?}", spool.set_mark(&format!("hook-{reader}"), event).await),
        Step::Lease { app, count } => format!("{:?}", spool.lease_notify_ids(&name(app, 0).0, count).await),
        Step::Purge { pushes, events } => {
            let retention = Retention { pushes: Duration::from_millis(pushes), events: Duration::from_millis(events) };
            format!("{:?}", spool.purge(now, retention).await)
        }
        Step::Reopen | Step::Crash => String::new(),
    }
}

/// Copies the files of a spool as a crash would leave them.
pub(crate) fn copy(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if with(from).exists() {
            fs::copy(with(from), with(to)).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_disk_does_as_the_twin(steps in prop::collection::vec(step(), 1..60)) {
        let mut both = Both::new();
        block_on(async {
            for step in steps {
                both.take(step).await;
            }
            both.compare().await;
            both.take(Step::Crash).await;
            both.compare().await;
        });
    }
}
