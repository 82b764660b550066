//! Moving aliases, and the record of it. All of it runs inside the caller's transaction.

use gauntlet_core::{Alias, Digest, ModelName, Version};
use gauntlet_registry::rules::{self, Policy, Target};
use gauntlet_registry::{
    ArtifactStore, Event, EventKind, Move, Moved, RegistryError, Result, Rollback,
};

use super::read::{self, Facts};
use crate::convert::{During as _, number};
use crate::db::{Conn, sql};
use crate::history;

/// Moves an alias if it is where the caller thinks.
pub(crate) async fn move_alias(
    db: &mut Conn,
    store: &dyn ArtifactStore,
    policy: &Policy,
    request: &Move,
    at_ms: i64,
) -> Result<Moved> {
    let Move { model, alias, to, expect, .. } = request;
    let facts = read::facts(db, store, model, *to).await?;
    let found = read::aliases(db, model).await?.get(alias).copied();
    if found != *expect {
        return Err(RegistryError::Conflict {
            model: model.clone(),
            alias: alias.clone(),
            expected: *expect,
            found,
        });
    }
    let moved =
        |events| Moved { model: model.clone(), alias: alias.clone(), from: found, to: *to, events };
    if found == Some(*to) {
        return Ok(moved(vec![]));
    }
    let forced = rules::check_target(alias, target(model, *to, &facts), request.force)?;
    policy.check(&request.who, alias, forced)?;
    verify(store, model, *to, &facts).await?;
    let change = Change {
        at_ms,
        who: &request.who,
        reason: &request.reason,
        kind: EventKind::Move,
        model,
        alias,
        from: found,
        to: *to,
        verdict_digest: facts.verdict.map(|(digest, _)| digest),
        forced,
        undoes: None,
    };
    Ok(moved(apply(db, &change).await?))
}

/// Takes back the newest move of an alias that was not taken back yet.
pub(crate) async fn rollback(
    db: &mut Conn,
    store: &dyn ArtifactStore,
    policy: &Policy,
    request: &Rollback,
    at_ms: i64,
) -> Result<Moved> {
    let Rollback { model, alias, .. } = request;
    read::require_model(db, model).await?;
    let found = read::aliases(db, model).await?.get(alias).copied();
    let events = read::events(db, model, Some(alias)).await?;
    let (undoes, to) = rules::undoable(&events).filter(|_| found.is_some()).ok_or_else(|| {
        RegistryError::NothingToRollBack { model: model.clone(), alias: alias.clone() }
    })?;
    let facts = read::facts(db, store, model, to).await?;
    // It was let in once, so the gate is not asked again; that it stands there by force stays on record.
    let forced = rules::check_target(alias, target(model, to, &facts), true)?;
    policy.check(&request.who, alias, false)?;
    verify(store, model, to, &facts).await?;
    let change = Change {
        at_ms,
        who: &request.who,
        reason: &request.reason,
        kind: EventKind::Rollback,
        model,
        alias,
        from: found,
        to,
        verdict_digest: facts.verdict.map(|(digest, _)| digest),
        forced,
        undoes: Some(undoes),
    };
    let events = apply(db, &change).await?;
    Ok(Moved { model: model.clone(), alias: alias.clone(), from: found, to, events })
}

fn target<'a>(model: &'a ModelName, version: Version, facts: &Facts) -> Target<'a> {
    let decision = facts.verdict.map(|(_, decision)| decision);
    Target { model, version, origin: facts.origin, decision }
}

async fn verify(
    store: &dyn ArtifactStore,
    model: &ModelName,
    version: Version,
    facts: &Facts,
) -> Result<()> {
    let Some(digest) = facts.digest else {
        return Err(RegistryError::NoBundle { model: model.clone(), version });
    };
    store.verify(&digest).await.map(|_| ())
}

/// A move that was allowed.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) at_ms: i64,
    pub(crate) who: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) kind: EventKind,
    pub(crate) model: &'a ModelName,
    pub(crate) alias: &'a Alias,
    pub(crate) from: Option<Version>,
    pub(crate) to: Version,
    pub(crate) verdict_digest: Option<Digest>,
    pub(crate) forced: bool,
    pub(crate) undoes: Option<i64>,
}

/// Writes a move and its event, and lets `previous` follow `champion`.
pub(crate) async fn apply(db: &mut Conn, change: &Change<'_>) -> Result<Vec<Event>> {
    let mut events = vec![write(db, change).await?];
    let previous = Alias::previous();
    if let (true, Some(left)) = (*change.alias == Alias::champion(), change.from) {
        let from = read::aliases(db, change.model).await?.get(&previous).copied();
        if from != Some(left) {
            let reason = format!("champion moved from version {left} to version {}", change.to);
            let follow = Change {
                reason: &reason,
                kind: EventKind::Follow,
                alias: &previous,
                from,
                to: left,
                verdict_digest: verdict_digest(db, change.model, left).await?,
                forced: false,
                undoes: None,
                ..*change
            };
            events.push(write(db, &follow).await?);
        }
    }
    Ok(events)
}

async fn verdict_digest(
    db: &mut Conn,
    model: &ModelName,
    version: Version,
) -> Result<Option<Digest>> {
    const DOING: &str = "reading verdicts";
    let select = sql("SELECT digest FROM gauntlet_verdicts
        WHERE workspace = 'default' AND name = ? AND version = ? ORDER BY id DESC LIMIT 1")
    .bind(model.as_str())
    .bind(version.0);
    let Some(row) = db.row(select).await.during(DOING)? else {
        return Ok(None);
    };
    let digest: String = row.get(0).during(DOING)?;
    crate::convert::parse("gauntlet_verdicts.digest", &digest).map(Some)
}

async fn write(db: &mut Conn, change: &Change<'_>) -> Result<Event> {
    const DOING: &str = "moving an alias";
    let upsert = sql("INSERT INTO registered_model_aliases (alias, version, name, workspace)
        VALUES (?, ?, ?, 'default')
        ON CONFLICT (workspace, name, alias) DO UPDATE SET version = excluded.version")
    .bind(change.alias.as_str())
    .bind(change.to.0)
    .bind(change.model.as_str());
    db.execute(upsert).await.during(DOING)?;
    let touch = sql("UPDATE registered_models SET last_updated_time = ?
        WHERE workspace = 'default' AND name = ?")
    .bind(change.at_ms)
    .bind(change.model.as_str());
    db.execute(touch).await.during(DOING)?;
    let verdict_digest = change.verdict_digest.map(|d| d.to_string());
    let entry = history::Entry {
        at_ms: change.at_ms,
        who: change.who,
        kind: change.kind,
        model: change.model.as_str(),
        alias: change.alias.as_str(),
        from: number(change.from),
        to: Some(i64::from(change.to.0)),
        verdict_digest,
        forced: change.forced,
        reason: change.reason,
        undoes: change.undoes,
    };
    let id = history::append(db, entry).await.during("recording the move of an alias")?;
    Ok(Event {
        id,
        at_ms: change.at_ms,
        who: change.who.to_owned(),
        kind: change.kind,
        model: change.model.clone(),
        alias: change.alias.clone(),
        from: change.from,
        to: Some(change.to),
        verdict_digest: change.verdict_digest,
        forced: change.forced,
        reason: change.reason.to_owned(),
        undoes: change.undoes,
    })
}
