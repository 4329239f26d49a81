-- How far each reader has read the events.
CREATE TABLE mark (
    reader TEXT PRIMARY KEY,
    event INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- The body of every push that is open. In a table of its own, so that the pages of those that are dropped are soon
-- used again, and no other row has to be written anew.
CREATE TABLE body (
    seq INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
INSERT INTO body (seq, body) SELECT seq, body FROM push WHERE settled_at IS NULL ORDER BY seq;
ALTER TABLE push DROP COLUMN body;

-- The last settlement of a push has its row in `result` like every other, also if it has no results, and tells there
-- when the push was settled. So the row of a push never changes.
ALTER TABLE result ADD COLUMN settled_at INTEGER;
INSERT INTO result (id, channel, ranges, outcomes, settled_at)
    SELECT ifnull((SELECT max(id) + 1 FROM result WHERE id >= seq << 20 AND id < (seq + 1) << 20), seq << 20),
        last_channel, last_ranges, last_outcomes, settled_at
    FROM push WHERE settled_at IS NOT NULL;
ALTER TABLE push DROP COLUMN settled_at;
ALTER TABLE push DROP COLUMN last_channel;
ALTER TABLE push DROP COLUMN last_ranges;
ALTER TABLE push DROP COLUMN last_outcomes;

-- Further pushes that were settled at the same time and in the same commit, so that most need no row of their own: as
-- varints, each the distance from the one before.
ALTER TABLE settled ADD COLUMN more BLOB NOT NULL DEFAULT x'';
