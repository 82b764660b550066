-- What MLflow has no place for. None of these tables refers to MLflow's by a foreign key: they are the
-- record of what happened, so they outlive a deleted version, and its number is never given out again.

-- The bundle behind a version, and where its rows came from.
CREATE TABLE gauntlet_digests (
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
	name VARCHAR(256) NOT NULL,
	version INTEGER NOT NULL,
	digest VARCHAR(71) NOT NULL,
	origin VARCHAR(16) NOT NULL,
	CONSTRAINT gauntlet_digests_pk PRIMARY KEY (workspace, name, version),
	CONSTRAINT gauntlet_digests_origin CHECK (origin IN ('real', 'simulated'))
);
CREATE INDEX index_gauntlet_digests_digest ON gauntlet_digests (workspace, name, digest);

-- The gate's verdicts on a version. A version that is judged again gets another row; the newest counts.
CREATE TABLE gauntlet_verdicts (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
	name VARCHAR(256) NOT NULL,
	version INTEGER NOT NULL,
	digest VARCHAR(71) NOT NULL,
	decision VARCHAR(16) NOT NULL,
	verdict TEXT NOT NULL,
	at_ms BIGINT NOT NULL,
	CONSTRAINT gauntlet_verdicts_decision CHECK (decision IN ('promote', 'hold', 'reject'))
);
CREATE INDEX index_gauntlet_verdicts_version ON gauntlet_verdicts (workspace, name, version);

-- Every move of an alias, in order. Numbers are given out by the writer, each one more than the last: an
-- identity would leave gaps behind. `undoes` is the event that a rollback took back; an event that leads
-- nowhere removed the alias.
CREATE TABLE gauntlet_events (
	id BIGINT PRIMARY KEY,
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
	undoes BIGINT,
	CONSTRAINT gauntlet_events_kind CHECK (kind IN ('register', 'move', 'rollback', 'follow', 'remove')),
	CONSTRAINT gauntlet_events_to CHECK ((to_version IS NULL) = (kind = 'remove'))
);
CREATE INDEX index_gauntlet_events_model ON gauntlet_events (workspace, name, alias);
