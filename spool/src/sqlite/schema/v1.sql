-- Every channel that ever had a part.
CREATE TABLE channel (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Every push that is retained. `channels` are numbers, as varints. The body stands last, so that nothing else has to
-- pass over it. When the push is settled, it gives way to the results of the last settlement: `last_*` are as in
-- `result`, and most pushes have no other.
CREATE TABLE push (
    seq INTEGER PRIMARY KEY,
    priority INTEGER NOT NULL,
    due INTEGER NOT NULL,
    admitted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    settled_at INTEGER,
    notify_id INTEGER NOT NULL,
    channels BLOB NOT NULL,
    nonce BLOB NOT NULL,
    digest BLOB NOT NULL,
    app TEXT NOT NULL,
    id TEXT NOT NULL,
    last_channel INTEGER,
    last_ranges BLOB,
    last_outcomes BLOB,
    body BLOB
) STRICT;
-- By the id itself and not by a hash of it: ids made one after the other stand side by side, so that a commit of a
-- thousand admissions writes a few pages of this index and not a thousand.
CREATE UNIQUE INDEX push_id ON push (app, id);

-- Every part that is open, in the order in which it is to be sent.
CREATE TABLE open (
    channel INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    due INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (channel, priority, due, seq)
) WITHOUT ROWID, STRICT;

-- Where an open part stands whose due time is no longer that of its push.
CREATE TABLE retry (
    seq INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (seq, channel)
) WITHOUT ROWID, STRICT;

-- One row for each settlement with results but the last: `id` is the push's number times 2^20, plus the settlement's.
CREATE TABLE result (
    id INTEGER PRIMARY KEY,
    channel INTEGER NOT NULL,
    ranges BLOB NOT NULL,
    outcomes BLOB NOT NULL
) STRICT;

-- Every push that is settled, in the order in which it will be forgotten.
CREATE TABLE settled (
    at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (at, seq)
) WITHOUT ROWID, STRICT;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    app TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- The first notify id that was not leased yet.
CREATE TABLE lease (
    app TEXT PRIMARY KEY,
    next INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Numbers that were drawn and whose rows are gone: 'push' and 'event'.
CREATE TABLE drawn (
    what TEXT PRIMARY KEY,
    highest INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
