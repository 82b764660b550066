//! The gate against each name's champion, and registration of the whole run, all or nothing.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use gauntlet_bundle::Bundle;
use gauntlet_core::{ModelName, Verdict};
use gauntlet_learn::condition::{OnsetEvidence, OnsetJudgement, decide_onset};
use gauntlet_registry::ModelVersion;

use super::judge::{Judgement, Participant, Sealed, bundle_folder};
use super::remaining::{self, Course};
use crate::commands::registry::open;
use crate::enrol::{Candidate, champion, enrol};
use crate::home::Home;
use crate::registries::Opened;
use crate::report::params;
use crate::stages::register::NameOutcome;

/// Gates every participant under its own name and registers them.
pub(super) async fn run(
    home: &Home,
    sealed: &Sealed<'_>,
    judgement: &Judgement,
    course: Option<&Course<'_>>,
    started_ms: i64,
) -> Result<Vec<NameOutcome>> {
    let opened = open(home).await?;
    let outcomes = register(home, &opened, sealed, judgement, course, started_ms).await;
    opened.close().await;
    outcomes
}

async fn register(
    home: &Home,
    opened: &Opened,
    sealed: &Sealed<'_>,
    judgement: &Judgement,
    course: Option<&Course<'_>>,
    started_ms: i64,
) -> Result<Vec<NameOutcome>> {
    let mut candidates = Vec::new();
    for participant in &judgement.participants {
        let model = name(sealed, judgement, participant)?;
        let champion = champion(opened, &model).await?;
        // The champion is not compared with itself: its verdict stands.
        let rival = champion.as_ref().filter(|c| c.digest != Some(participant.bundle));
        let rival = match rival {
            Some(champion) => Some(judged_again(opened, sealed, champion).await?),
            None => None,
        };
        let verdict = verdict(sealed, judgement, participant, rival.as_ref());
        candidates.push(candidate(home, judgement, participant, model, verdict, sealed));
    }
    if let (Some(course), Some(remaining)) = (course, &judgement.remaining) {
        let suffix = judgement.made.origin.name_suffix();
        let model: ModelName = format!("{}{suffix}", course.spec.registered_name).parse()?;
        let champion = champion(opened, &model).await?;
        let candidate =
            remaining::candidate(course, remaining, opened, model, champion.as_ref()).await?;
        candidates.push(candidate);
    }
    let experiment = &sealed.pipeline.spec.name;
    enrol(opened, experiment, sealed.pipeline.digest, started_ms, candidates).await
}

/// `vibration_health_indicator`, or `vibration_anomaly_isolationforest`.
fn name(sealed: &Sealed<'_>, judgement: &Judgement, of: &Participant) -> Result<ModelName> {
    let spec = &sealed.pipeline.spec;
    let suffix = judgement.made.origin.name_suffix();
    let detector = spec.detectors.as_ref().filter(|_| of.id != "health_indicator");
    Ok(match detector {
        None => format!("{}{suffix}", spec.indicator.registered_name).parse()?,
        Some(detectors) => format!("{}_{}{suffix}", detectors.registered_name, of.id).parse()?,
    })
}

/// The champion on the sealed hours of this run. A champion of other columns cannot be judged on them.
async fn judged_again(
    opened: &Opened,
    sealed: &Sealed<'_>,
    champion: &ModelVersion,
) -> Result<OnsetJudgement> {
    let name = format!("champion {} version {}", champion.model, champion.version);
    let folder = opened.bundle(champion).await?.with_context(|| format!("{name} has no bundle"))?;
    let bundle = Bundle::open(&folder).with_context(|| format!("{name} cannot be opened"))?;
    let threshold = bundle.signature().threshold;
    let answers = bundle
        .answers(&sealed.test.frame)
        .with_context(|| format!("{name} cannot be judged on this dataset's columns"))?;
    match answers {
        gauntlet_bundle::Answers::Anomaly(answers) => sealed.judge(&answers.score, threshold),
        _ => anyhow::bail!("{name} is no anomaly detector"),
    }
}

fn verdict(
    sealed: &Sealed<'_>,
    judgement: &Judgement,
    participant: &Participant,
    champion: Option<&OnsetJudgement>,
) -> Verdict {
    let evidence = OnsetEvidence {
        origin: judgement.made.origin,
        parity: participant.parity,
        baselines: &judgement.baselines,
        champion,
        minimum_events: sealed.pipeline.spec.judgement.minimum_events,
    };
    decide_onset(&participant.judged, &evidence)
}

fn candidate(
    home: &Home,
    judgement: &Judgement,
    participant: &Participant,
    model: ModelName,
    verdict: Verdict,
    sealed: &Sealed<'_>,
) -> Candidate {
    let judged = &participant.judged;
    let metrics = BTreeMap::from([
        ("test_failures".to_owned(), judged.failures as f64),
        ("test_found".to_owned(), judged.found as f64),
        ("test_false_alarms".to_owned(), judged.false_alarms as f64),
        ("test_false_alarms_per_bearing_month".to_owned(), judged.false_alarms_per_month),
        ("test_median_lead_hours".to_owned(), judged.median_lead_hours),
        ("seal_openings".to_owned(), judgement.made.openings as f64),
    ]);
    let mut params = params(&participant.hyperparameters);
    params.insert("recipe".to_owned(), participant.recipe.clone());
    params.insert("threshold".to_owned(), participant.threshold.to_string());
    let tags = judgement.made.tags(participant.bundle, &participant.id, &participant.recipe);
    Candidate {
        model,
        label: participant.id.clone(),
        bundle: bundle_folder(home, &sealed.pipeline.spec.name, &participant.id),
        digest: participant.bundle,
        verdict,
        params,
        metrics,
        tags,
        description: format!(
            "{}: {} on recipe {}, {} data",
            judgement.made.title, participant.id, participant.recipe, judgement.made.origin
        ),
    }
}
