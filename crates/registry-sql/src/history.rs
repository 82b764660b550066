//! What both ways into the registry, MLflow's endpoints and ours, write the same way: the history of aliases, and
//! the numbers of versions.

use gauntlet_registry::EventKind;

use crate::db::{Conn, DbError, sql};

/// The lock under which names move: events are numbered without gaps, and no two moves interleave.
const MOVES: &str = "gauntlet moves";

/// Waits for its turn to move aliases; it lasts until the transaction ends.
pub(crate) async fn turn(db: &mut Conn) -> Result<(), DbError> {
    db.lock(MOVES).await
}

/// An event to record.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) at_ms: i64,
    pub(crate) who: &'a str,
    pub(crate) kind: EventKind,
    pub(crate) model: &'a str,
    pub(crate) alias: &'a str,
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) verdict_digest: Option<String>,
    pub(crate) forced: bool,
    pub(crate) reason: &'a str,
    pub(crate) undoes: Option<i64>,
}

/// Writes an event and returns its number, one more than the last. Only in one's [`turn`].
pub(crate) async fn append(db: &mut Conn, entry: Entry<'_>) -> Result<i64, DbError> {
    let last = sql("SELECT coalesce(max(id), 0) FROM gauntlet_events");
    let last: i64 = match db.row(last).await? {
        Some(row) => row.get(0)?,
        None => 0,
    };
    let insert = sql(
        "INSERT INTO gauntlet_events (id, workspace, at_ms, who, kind, name, alias, from_version,
            to_version, verdict_digest, forced, reason, undoes)
        VALUES (?, 'default', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(last + 1)
    .bind(entry.at_ms)
    .bind(entry.who)
    .bind(entry.kind.as_str())
    .bind(entry.model)
    .bind(entry.alias)
    .bind(entry.from)
    .bind(entry.to)
    .bind(entry.verdict_digest)
    .bind(entry.forced)
    .bind(entry.reason)
    .bind(entry.undoes);
    db.execute(insert).await?;
    Ok(last + 1)
}

/// The highest number that a version of `model` ever had, 0 if there was none. Holds the model's numbers until the
/// transaction ends, so that no two writers draw the same.
pub(crate) async fn last_version(db: &mut Conn, model: &str) -> Result<i64, DbError> {
    db.lock(&format!("versions of {model}")).await?;
    let select = sql(
        "SELECT coalesce(max(version), 0) FROM (
            SELECT max(version) AS version FROM model_versions WHERE workspace = 'default' AND name = ?
            UNION ALL
            SELECT max(version) FROM gauntlet_digests WHERE workspace = 'default' AND name = ?
        ) AS given",
    );
    match db.row(select.bind(model).bind(model)).await? {
        Some(row) => row.get(0),
        None => Ok(0),
    }
}
