-- How far each reader has read the events.
CREATE TABLE mark (
    reader TEXT PRIMARY KEY,
    event INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
