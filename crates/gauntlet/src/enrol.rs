//! Registration of judged bundles, each under its own name, all or nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use gauntlet_core::{Alias, Decision, Digest, ModelName, Verdict, Version};
use gauntlet_registry::{AliasMove, ModelVersion, NewVersion, Receipt, Registration, Selector};

use crate::commands::registry::who;
use crate::failure::Failure;
use crate::hold::Hold;
use crate::registries::Opened;
use crate::stages::register::{NameOutcome, Status};

/// A bundle with its verdict, on its way into the registry.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) model: ModelName,
    /// What reports call it.
    pub(crate) label: String,
    pub(crate) bundle: PathBuf,
    pub(crate) digest: Digest,
    pub(crate) verdict: Verdict,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) metrics: BTreeMap<String, f64>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) description: String,
}

/// The champion of a name, if it has one.
pub(crate) async fn champion(opened: &Opened, model: &ModelName) -> Result<Option<ModelVersion>> {
    find(opened, model, &Alias::champion()).await
}

/// Registers all candidates that are not champions already, and moves the aliases that their verdicts give them.
pub(crate) async fn enrol(
    opened: &Opened,
    experiment: &str,
    pipeline: Digest,
    started_ms: i64,
    candidates: Vec<Candidate>,
) -> Result<Vec<NameOutcome>> {
    let mut before = Vec::new();
    let mut versions = Vec::new();
    for candidate in &candidates {
        let champion = champion(opened, &candidate.model).await?;
        let challenger = find(opened, &candidate.model, &Alias::challenger()).await?;
        if champion.as_ref().is_none_or(|c| c.digest != Some(candidate.digest)) {
            let challenger = challenger.map(|v| v.version);
            versions.push(candidate.new_version(champion.as_ref(), challenger));
        }
        before.push(champion);
    }
    let receipt = if versions.is_empty() {
        Receipt { versions: Vec::new(), events: Vec::new() }
    } else {
        let registration = Registration {
            experiment: experiment.to_owned(),
            who: who(),
            reason: format!("gauntlet run, verdict of the gate ({})", pipeline.short()),
            started_ms: Some(started_ms),
            versions,
        };
        let registry = opened.registry();
        registry.register(&registration, &Hold::from_env()).await.map_err(Failure::from)?
    };
    let mut outcomes = Vec::new();
    for (candidate, before) in candidates.into_iter().zip(before) {
        let after = champion(opened, &candidate.model).await?;
        outcomes.push(candidate.outcome(&receipt, before, after.map(|v| v.version)));
    }
    Ok(outcomes)
}

async fn find(opened: &Opened, model: &ModelName, alias: &Alias) -> Result<Option<ModelVersion>> {
    let registry = opened.registry();
    match registry.find_alias(model, alias).await.map_err(Failure::from)? {
        Some(version) => Ok(Some(
            registry.version(model, &Selector::Number(version)).await.map_err(Failure::from)?,
        )),
        None => Ok(None),
    }
}

impl Candidate {
    fn new_version(
        &self,
        champion: Option<&ModelVersion>,
        challenger: Option<Version>,
    ) -> NewVersion {
        let moved = |alias, expect| vec![AliasMove { alias, expect, force: false }];
        let aliases = match self.verdict.decision {
            Decision::Promote => moved(Alias::champion(), champion.map(|c| c.version)),
            Decision::Hold => moved(Alias::challenger(), challenger),
            Decision::Reject => Vec::new(),
        };
        NewVersion {
            model: self.model.clone(),
            bundle: self.bundle.clone(),
            digest: self.digest,
            verdict: self.verdict.clone(),
            params: self.params.clone(),
            metrics: self.metrics.clone(),
            tags: self.tags.clone(),
            description: self.description.clone(),
            aliases,
            trials: Vec::new(),
        }
    }

    fn outcome(
        self,
        receipt: &Receipt,
        before: Option<ModelVersion>,
        champion: Option<Version>,
    ) -> NameOutcome {
        let registered = receipt.versions.iter().find(|v| v.model == self.model);
        let status = match registered {
            None => Status::Unchanged,
            Some(version) if version.existing => Status::Existing,
            Some(_) => Status::Registered,
        };
        NameOutcome {
            version: registered.map(|v| v.version).or(before.map(|c| c.version)),
            model: self.model,
            finalist: self.label,
            digest: self.digest,
            verdict: self.verdict,
            status,
            champion,
        }
    }
}
