//! The gate against each name's champion, and registration of the whole run, all or nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use gauntlet_bundle::Bundle;
use gauntlet_core::{Alias, Decision, Digest, ModelName, Table, Verdict, Version};
use gauntlet_learn::TestScores;
use gauntlet_learn::gate::{Evidence, decide};
use gauntlet_learn::search::Trial;
use gauntlet_registry::{
    AliasMove, ModelVersion, NewVersion, Receipt, Registration, Registry, Selector, Tag, TrialRun,
};
use serde::{Deserialize, Serialize};

use super::Context;
use super::judge::{Judgement, bundle_folder};
use super::train::{Finalist, Timings};
use crate::commands::registry::{open, who};
use crate::failure::Failure;
use crate::hold::Hold;
use crate::registries::Opened;

/// What became of one registered name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NameOutcome {
    pub(crate) model: ModelName,
    pub(crate) finalist: String,
    pub(crate) digest: Digest,
    pub(crate) verdict: Verdict,
    pub(crate) status: Status,
    pub(crate) version: Option<Version>,
    /// The champion after the run.
    pub(crate) champion: Option<Version>,
}

/// How a name changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// The same bundle is champion already: nothing was registered.
    Unchanged,
    /// The same bundle was registered before.
    Existing,
    /// A new version.
    Registered,
}

/// A name with its candidate, before registration.
struct Candidate<'a> {
    model: ModelName,
    finalist: &'a Finalist,
    digest: Digest,
    champion: Option<ModelVersion>,
    challenger: Option<Version>,
    verdict: Verdict,
}

/// Gates every finalist under its own name and the winner under the gauntlet's, and registers them.
pub(crate) async fn run(
    context: &Context,
    judgement: &Judgement,
    test: &Table,
    timings: &Timings,
    started_ms: i64,
) -> Result<Vec<NameOutcome>> {
    let opened = open(&context.home).await?;
    let outcomes = register(context, &opened, judgement, test, timings, started_ms).await;
    opened.close().await;
    outcomes
}

async fn register(
    context: &Context,
    opened: &Opened,
    judgement: &Judgement,
    test: &Table,
    timings: &Timings,
    started_ms: i64,
) -> Result<Vec<NameOutcome>> {
    let registry = opened.registry();
    let mut candidates = Vec::new();
    for (model, finalist) in names(context, judgement)? {
        let champion = find(registry, &model, &Alias::champion()).await?;
        let challenger = find(registry, &model, &Alias::challenger()).await?.map(|v| v.version);
        let digest = judgement.bundles[&finalist.id].digest;
        // The champion is not compared with itself: its verdict stands.
        let rival = champion.as_ref().filter(|champion| champion.digest != Some(digest));
        let rival = match rival {
            Some(champion) => Some((champion, opened.bundle(champion).await?)),
            None => None,
        };
        let verdict = verdict(context, judgement, test, finalist, rival)?;
        candidates.push(Candidate { model, finalist, digest, champion, challenger, verdict });
    }
    let changed: Vec<&Candidate<'_>> = candidates.iter().filter(|c| !c.is_champion()).collect();
    let receipt = if changed.is_empty() {
        Receipt { versions: Vec::new(), events: Vec::new() }
    } else {
        let versions = changed.iter().map(|c| c.new_version(context, judgement, timings)).collect();
        let registration = Registration {
            experiment: context.pipeline.name().to_owned(),
            who: who(),
            reason: format!(
                "gauntlet run, verdict of the gate ({})",
                context.pipeline.digest.short()
            ),
            started_ms: Some(started_ms),
            versions,
        };
        registry.register(&registration, &Hold::from_env()).await.map_err(Failure::from)?
    };
    let mut outcomes = Vec::new();
    for candidate in candidates {
        let champion = find(registry, &candidate.model, &Alias::champion()).await?;
        outcomes.push(candidate.outcome(&receipt, champion.map(|v| v.version)));
    }
    Ok(outcomes)
}

/// Each finalist's own name, and the gauntlet's for the winner.
fn names<'a>(
    context: &Context,
    judgement: &'a Judgement,
) -> Result<Vec<(ModelName, &'a Finalist)>> {
    let base = context.pipeline.spec.registered_name.as_str();
    let suffix = judgement.info.origin.name_suffix();
    let mut names = Vec::new();
    for finalist in judgement.trained.finalists.iter().filter(|f| f.not_exported.is_none()) {
        names.push((format!("{base}_{}{suffix}", finalist.id).parse()?, finalist));
    }
    let winner = judgement.trained.finalists.iter().find(|f| f.id == judgement.trained.winner);
    let winner = winner.context("the winner is no finalist: run `gauntlet train` again")?;
    names.push((format!("{base}{suffix}").parse()?, winner));
    Ok(names)
}

async fn find(
    registry: &dyn Registry,
    model: &ModelName,
    alias: &Alias,
) -> Result<Option<ModelVersion>> {
    match registry.find_alias(model, alias).await.map_err(Failure::from)? {
        Some(version) => Ok(Some(
            registry.version(model, &Selector::Number(version)).await.map_err(Failure::from)?,
        )),
        None => Ok(None),
    }
}

fn verdict(
    context: &Context,
    judgement: &Judgement,
    test: &Table,
    finalist: &Finalist,
    rival: Option<(&ModelVersion, Option<PathBuf>)>,
) -> Result<Verdict> {
    let recipe = &context.pipeline.spec.recipes[&finalist.recipe];
    let names = recipe.blocking.iter().chain(&recipe.f1_not_below);
    let baselines: BTreeMap<String, TestScores> = names
        .filter_map(|name| {
            let judged = judgement.baseline(context, name, &finalist.recipe)?;
            Some((name.clone(), judged.scores.clone()))
        })
        .collect();
    let parity = finalist.parity.context("an exported finalist was not compared with its graph")?;
    let waivers = judgement
        .info
        .guard
        .waived()
        .flat_map(|(finding, reason)| {
            finding.columns.iter().map(|column| (column.clone(), reason.to_owned()))
        })
        .collect();
    let mut evidence = Evidence { parity, waivers, champion_caveat: None };
    let scores = match rival {
        Some((champion, folder)) => {
            Some(champion_scores(judgement, test, champion, folder, &mut evidence)?)
        }
        None => None,
    };
    let candidate = &judgement.judged[&finalist.id].scores;
    Ok(decide(candidate, &baselines, scores.as_ref(), &evidence, &context.pipeline.policy(recipe)))
}

/// The champion's scores of these test rows: from its report, or judged again if its split was another.
fn champion_scores(
    judgement: &Judgement,
    test: &Table,
    champion: &ModelVersion,
    folder: Option<PathBuf>,
    evidence: &mut Evidence,
) -> Result<TestScores> {
    let name = format!("champion {} version {}", champion.model, champion.version);
    let folder = folder.with_context(|| format!("{name} has no bundle"))?;
    let bundle = Bundle::open(&folder).with_context(|| format!("{name} cannot be opened"))?;
    let report = bundle.report()?;
    let recorded: TestScores = serde_json::from_value(report["test"]["scores"].clone())
        .with_context(|| format!("{name}: its report holds no test scores"))?;
    let lineage = &bundle.manifest().lineage;
    if lineage.split == judgement.info.split && lineage.dataset == judgement.info.digest {
        return Ok(recorded);
    }
    evidence.champion_caveat = Some(
        "the champion was judged again, because its split was another: it may have been fitted on \
         some of these rows, which flatters it"
            .to_owned(),
    );
    let score =
        bundle.predict(&test.frame).with_context(|| format!("{name} cannot be judged again"))?;
    Ok(TestScores {
        row: test.row.clone(),
        group: test.group.clone(),
        label: test.label.clone(),
        score: score.probability,
        ..recorded
    })
}

impl Candidate<'_> {
    fn is_champion(&self) -> bool {
        self.champion.as_ref().is_some_and(|champion| champion.digest == Some(self.digest))
    }

    fn new_version(
        &self,
        context: &Context,
        judgement: &Judgement,
        timings: &Timings,
    ) -> NewVersion {
        let id = &self.finalist.id;
        let aliases = match self.verdict.decision {
            Decision::Promote => vec![AliasMove {
                alias: Alias::champion(),
                expect: self.champion.as_ref().map(|champion| champion.version),
                force: false,
            }],
            Decision::Hold => vec![AliasMove {
                alias: Alias::challenger(),
                expect: self.challenger,
                force: false,
            }],
            Decision::Reject => Vec::new(),
        };
        NewVersion {
            model: self.model.clone(),
            bundle: bundle_folder(context, id),
            digest: self.digest,
            verdict: self.verdict.clone(),
            params: params(self.finalist),
            metrics: metrics(judgement, self.finalist, timings),
            tags: tags(judgement, self.finalist, self.digest),
            description: format!(
                "{}: {} on recipe {}, {} data",
                context.pipeline.spec.title,
                self.finalist.kind,
                self.finalist.recipe,
                judgement.info.origin
            ),
            aliases,
            // The winner has two names and one search: its own name shows the trials.
            trials: if self.model.as_str().contains(id.as_str()) {
                trials(self.finalist)
            } else {
                Vec::new()
            },
        }
    }

    fn outcome(self, receipt: &Receipt, champion: Option<Version>) -> NameOutcome {
        let registered = receipt.versions.iter().find(|v| v.model == self.model);
        let status = match registered {
            None => Status::Unchanged,
            Some(version) if version.existing => Status::Existing,
            Some(_) => Status::Registered,
        };
        NameOutcome {
            version: registered.map(|v| v.version).or(self.champion.map(|c| c.version)),
            model: self.model,
            finalist: self.finalist.id.clone(),
            digest: self.digest,
            verdict: self.verdict,
            status,
            champion,
        }
    }
}

fn params(finalist: &Finalist) -> BTreeMap<String, String> {
    let mut params: BTreeMap<String, String> = finalist
        .hyperparameters
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), plain(value)))
        .collect();
    params.insert("recipe".to_owned(), finalist.recipe.clone());
    params
}

/// The trials of the search behind a finalist, on all training rows.
fn trials(finalist: &Finalist) -> Vec<TrialRun> {
    let of = |trial: &Trial| {
        let values = trial.values.iter();
        let mut params: BTreeMap<String, String> =
            values.map(|(key, value)| (key.clone(), plain(value))).collect();
        params.insert("trial".to_owned(), trial.trial.to_string());
        params.insert("rung".to_owned(), trial.rung.to_string());
        let mut metrics = BTreeMap::from([("resource_share".to_owned(), trial.share)]);
        metrics.extend(trial.mean().map(|mean| ("objective".to_owned(), mean)));
        let folds = trial.scores.iter().enumerate();
        metrics.extend(folds.map(|(i, score)| (format!("objective_fold_{i}"), *score)));
        TrialRun {
            name: format!("{} trial {} rung {}", finalist.id, trial.trial, trial.rung),
            params,
            metrics,
            failure: trial.failure.as_ref().map(|why| why.chars().take(5000).collect()),
        }
    };
    finalist.trials.iter().map(of).collect()
}

/// A value as MLflow shows it: texts without quotes.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn metrics(judgement: &Judgement, finalist: &Finalist, timings: &Timings) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    let mut add = |prefix: &str, of: &BTreeMap<_, gauntlet_core::Estimate>| {
        for (metric, estimate) in of {
            let name = gauntlet_learn::metrics::Metric::name(*metric);
            metrics.insert(format!("{prefix}_{name}"), estimate.value);
            metrics.insert(format!("{prefix}_{name}_low"), estimate.low);
            metrics.insert(format!("{prefix}_{name}_high"), estimate.high);
        }
    };
    add("test", &judgement.judged[&finalist.id].metrics);
    if let Some(participant) = judgement.participant(&finalist.variant) {
        add("validation", &participant.validation);
    }
    if let Some(seconds) = timings.get(&finalist.id) {
        metrics.insert("fit_seconds".to_owned(), *seconds);
    }
    metrics.insert("seal_openings".to_owned(), judgement.openings as f64);
    metrics
}

fn tags(judgement: &Judgement, finalist: &Finalist, digest: Digest) -> BTreeMap<String, String> {
    let info = &judgement.info;
    BTreeMap::from([
        (Tag::ORIGIN.to_owned(), info.origin.to_string()),
        (Tag::BUNDLE.to_owned(), digest.to_string()),
        ("gauntlet.kind".to_owned(), finalist.kind.clone()),
        ("gauntlet.recipe".to_owned(), finalist.recipe.clone()),
        ("gauntlet.dataset_digest".to_owned(), info.digest.to_string()),
        ("gauntlet.split_digest".to_owned(), info.split.to_string()),
        ("gauntlet.pipeline_digest".to_owned(), info.pipeline.to_string()),
        ("gauntlet.seed".to_owned(), info.seed.0.to_string()),
        ("gauntlet.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ])
}
