//! A registration, planned against what is there, then written in one transaction.

use gauntlet_core::{Digest, Version};
use gauntlet_registry::rules::{self, Policy, Target};
use gauntlet_registry::{
    AliasMove, ArtifactStore, EventKind, NewVersion, Receipt, Registered, Registration,
    RegistryError, Result, verdict_digest,
};

use super::alias::{self, Change};
use super::{read, rows};
use crate::clock;
use crate::convert::{During as _, version};
use crate::db::{Conn, sql};

/// What a registration has to write.
#[derive(Debug)]
pub(crate) struct Plan<'a>(Vec<Item<'a>>);

#[derive(Debug)]
struct Item<'a> {
    new: &'a NewVersion,
    verdict_digest: Digest,
    existing: Option<Existing>,
    moves: Vec<PlannedMove<'a>>,
}

#[derive(Debug)]
struct Existing {
    version: Version,
    run_id: Option<String>,
}

#[derive(Debug)]
struct PlannedMove<'a> {
    claim: &'a AliasMove,
    forced: bool,
}

impl Plan<'_> {
    /// Whether all of it is there already.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|item| item.existing.is_some() && item.moves.is_empty())
    }
}

/// Compares a registration with what is there, and refuses what cannot be.
pub(crate) async fn plan<'a>(
    db: &mut Conn,
    policy: &Policy,
    registration: &'a Registration,
) -> Result<Plan<'a>> {
    let mut items = Vec::with_capacity(registration.versions.len());
    for new in &registration.versions {
        let existing = find(db, new).await?;
        let aliases = read::aliases(db, &new.model).await?;
        let mut moves = Vec::new();
        for claim in &new.aliases {
            let found = aliases.get(&claim.alias).copied();
            // A batch that was killed after its commit and is sent again finds its alias in place.
            if found.is_some() && found == existing.as_ref().map(|e| e.version) {
                continue;
            }
            if found != claim.expect {
                return Err(RegistryError::Conflict {
                    model: new.model.clone(),
                    alias: claim.alias.clone(),
                    expected: claim.expect,
                    found,
                });
            }
            let target = Target {
                model: &new.model,
                version: existing.as_ref().map_or(Version(0), |e| e.version),
                origin: Some(new.origin()?),
                decision: Some(new.verdict.decision),
            };
            let forced = rules::check_target(&claim.alias, target, claim.force)?;
            policy.check(&registration.who, &claim.alias, forced)?;
            moves.push(PlannedMove { claim, forced });
        }
        items.push(Item { new, verdict_digest: verdict_digest(&new.verdict)?, existing, moves });
    }
    Ok(Plan(items))
}

/// The version that holds the same bundle under the same name.
async fn find(db: &mut Conn, new: &NewVersion) -> Result<Option<Existing>> {
    const DOING: &str = "looking for a bundle";
    let select = sql("SELECT v.version, v.run_id FROM gauntlet_digests d
        JOIN model_versions v ON v.workspace = d.workspace AND v.name = d.name
            AND v.version = d.version AND v.current_stage <> 'Deleted_Internal'
        WHERE d.workspace = 'default' AND d.name = ? AND d.digest = ?
        ORDER BY v.version DESC LIMIT 1")
    .bind(new.model.as_str())
    .bind(new.digest.to_string());
    let Some(row) = db.row(select).await.during(DOING)? else {
        return Ok(None);
    };
    let number = row.get(0).during(DOING)?;
    Ok(Some(Existing {
        version: version("model_versions.version", number)?,
        run_id: row.get(1).during(DOING)?,
    }))
}

/// Writes what the plan says, and shows each new bundle among its run's files; the caller commits. If that
/// fails, those files are left behind for the garbage collection.
pub(crate) async fn carry_out(
    db: &mut Conn,
    store: &dyn ArtifactStore,
    plan: &Plan<'_>,
    registration: &Registration,
    now_ms: i64,
) -> Result<Receipt> {
    let mut receipt = Receipt { versions: vec![], events: vec![] };
    let name = registration.experiment.as_str();
    let mut experiment = None;
    for Item { new, verdict_digest, existing, moves } in &plan.0 {
        let registered = |version, run_id, existing| Registered {
            model: new.model.clone(),
            version,
            digest: new.digest,
            existing,
            run_id,
        };
        let done = match existing {
            Some(found) => {
                if !moves.is_empty() {
                    rows::verdict(db, new, found.version, verdict_digest, now_ms).await?;
                }
                registered(found.version, found.run_id.clone(), true)
            }
            None => {
                let experiment = match experiment {
                    Some(id) => id,
                    None => {
                        let id = rows::experiment(db, name, store.uri().as_deref(), now_ms).await?;
                        *experiment.insert(id)
                    }
                };
                let number = rows::next_version(db, &new.model).await?;
                let id = clock::random_id();
                let run = rows::Run {
                    registration,
                    new,
                    experiment,
                    number,
                    now_ms,
                    id: &id,
                    root: store.uri(),
                };
                rows::run(db, &run).await?;
                rows::version(db, &run).await?;
                store.show(&new.digest, &run.folder()).await?;
                rows::verdict(db, new, number, verdict_digest, now_ms).await?;
                registered(number, Some(id), false)
            }
        };
        for planned in moves {
            let change = Change {
                at_ms: now_ms,
                who: &registration.who,
                reason: &registration.reason,
                kind: EventKind::Register,
                model: &new.model,
                alias: &planned.claim.alias,
                from: planned.claim.expect,
                to: done.version,
                verdict_digest: Some(*verdict_digest),
                forced: planned.forced,
                undoes: None,
            };
            receipt.events.extend(alias::apply(db, &change).await?);
        }
        receipt.versions.push(done);
    }
    Ok(receipt)
}
