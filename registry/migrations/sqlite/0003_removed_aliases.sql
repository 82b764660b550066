-- An alias may also be removed, through MLflow's own endpoint: such an event leads nowhere, so `to_version` may
-- be null. SQLite cannot loosen a column, so the table is made again. Numbers are given out by the writer,
-- each one more than the last; `undoes` refers to one of them.
CREATE TABLE gauntlet_events_new (
	id INTEGER PRIMARY KEY,
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
	at_ms BIGINT NOT NULL,
	who VARCHAR(256) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	name VARCHAR(256) NOT NULL,
	alias VARCHAR(256) NOT NULL,
	from_version INTEGER,
	to_version INTEGER,
	verdict_digest VARCHAR(71),
	forced BOOLEAN NOT NULL,
	reason TEXT NOT NULL,
	undoes INTEGER,
	CONSTRAINT gauntlet_events_kind CHECK (kind IN ('register', 'move', 'rollback', 'follow', 'remove')),
	CONSTRAINT gauntlet_events_to CHECK ((to_version IS NULL) = (kind = 'remove')),
	CHECK (forced IN (0, 1))
);
INSERT INTO gauntlet_events_new SELECT id, workspace, at_ms, who, kind, name, alias, from_version, to_version,
	verdict_digest, forced, reason, undoes FROM gauntlet_events ORDER BY id;
UPDATE gauntlet_events SET undoes = NULL;
DROP TABLE gauntlet_events;
ALTER TABLE gauntlet_events_new RENAME TO gauntlet_events;
CREATE INDEX index_gauntlet_events_model ON gauntlet_events (workspace, name, alias);
