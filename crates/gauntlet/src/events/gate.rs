//! The gate against each name's champion, and registration of the whole run.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use gauntlet_bundle::{Answers, Bundle};
use gauntlet_core::{Column, Frame, ModelName, Verdict};
use gauntlet_learn::events::{AtHorizon, EventsPolicy, Operation, Rival, decide_events};
use gauntlet_registry::{ModelVersion, Tag};

use super::Ran;
use super::bundles::Packed;
use super::tournament::{Course, Judged};
use crate::commands::registry::open;
use crate::enrol::{Candidate, champion, enrol};
use crate::home::Home;
use crate::registries::Opened;
use crate::stages::register::NameOutcome;

/// Gates every contender under its own name and the winner under the gauntlet's, and registers them.
pub(super) async fn run(
    home: &Home,
    course: &Course<'_>,
    ran: &Ran,
    started_ms: i64,
) -> Result<Vec<NameOutcome>> {
    let opened = open(home).await?;
    let outcomes = register(&opened, course, ran, started_ms).await;
    opened.close().await;
    outcomes
}

async fn register(
    opened: &Opened,
    course: &Course<'_>,
    ran: &Ran,
    started_ms: i64,
) -> Result<Vec<NameOutcome>> {
    let spec = &course.pipeline.spec;
    let (base, suffix) = (spec.registered_name.as_str(), ran.origin.name_suffix());
    let mut names: Vec<(ModelName, &Judged)> = Vec::new();
    for name in ran.bundles.keys() {
        let judged = ran.participant(name).context("a bundle without a judgement")?;
        names.push((format!("{base}_{name}{suffix}").parse()?, judged));
    }
    let winner = ran.participant(&ran.winner).context("the winner was not judged")?;
    names.push((format!("{base}{suffix}").parse()?, winner));
    let mut candidates = Vec::new();
    for (model, judged) in names {
        let bundle = &ran.bundles[&judged.name];
        let champion = champion(opened, &model).await?;
        // The champion is not compared with itself: its verdict stands.
        let rival = champion.as_ref().filter(|c| c.digest != Some(bundle.digest));
        let figures = match rival {
            Some(champion) => Some(judged_again(opened, course, champion).await?),
            None => None,
        };
        let verdict = verdict(course, ran, judged, bundle, figures.as_ref())?;
        candidates.push(candidate(course, ran, judged, bundle, model, verdict));
    }
    enrol(opened, &spec.name, course.pipeline.digest, started_ms, candidates).await
}

/// The champion on the tests of this run, by its own graph and operating point; nothing if it reads other features.
async fn judged_again(
    opened: &Opened,
    course: &Course<'_>,
    champion: &ModelVersion,
) -> Result<Option<AtHorizon>> {
    let Some(folder) = opened.bundle(champion).await? else { return Ok(None) };
    let bundle = Bundle::open(&folder)?;
    let lineage = &bundle.manifest().lineage;
    let signature = bundle.signature();
    let Some(policy) = signature.alarm else { return Ok(None) };
    if lineage.pipeline == course.pipeline.digest && lineage.split == course.split {
        // Its own tests are of detectors that had not seen them; its graph has.
        let recorded = &bundle.report()?["test"]["horizons"][0];
        return Ok(serde_json::from_value(recorded.clone()).ok());
    }
    let timeline = course.timeline;
    let ready: Vec<usize> = (0..timeline.lines()).filter(|&line| timeline.ready[line]).collect();
    let mut columns = Vec::new();
    for name in &signature.features {
        let Some(at) = timeline.x.names.iter().position(|known| known == name) else {
            return Ok(None);
        };
        let values = ready.iter().map(|&line| f64::from(timeline.x.columns[at][line])).collect();
        columns.push((name.clone(), Column::Number(values)));
    }
    let Answers::Anomaly(answers) = bundle.answers(&Frame::new(columns)?)? else { return Ok(None) };
    let mut scores = vec![f32::NAN; timeline.lines()];
    ready.iter().zip(&answers.score).for_each(|(&line, score)| scores[line] = *score);
    Ok(course.judge_scores(&scores, Operation { threshold: signature.threshold, policy }))
}

fn verdict(
    course: &Course<'_>,
    ran: &Ran,
    judged: &Judged,
    bundle: &Packed,
    champion: Option<&Option<AtHorizon>>,
) -> Result<Verdict> {
    let judgement = &course.pipeline.spec.judgement;
    let policy = EventsPolicy {
        most_false_per_week: judgement.most_false_per_week,
        minimum_events: judgement.minimum_events,
        origin: ran.origin,
    };
    let baselines: Vec<Rival<'_>> = judgement
        .blocking
        .iter()
        .map(|name| Rival { name, figures: ran.participant(name).and_then(Judged::figures) })
        .collect();
    let champion =
        champion.map(|figures| Rival { name: "the champion", figures: figures.as_ref() });
    let figures = judged.figures().context("a registered contender without figures")?;
    Ok(decide_events(figures, &baselines, champion, &bundle.parity, &policy))
}

fn candidate(
    course: &Course<'_>,
    ran: &Ran,
    judged: &Judged,
    bundle: &Packed,
    model: ModelName,
    verdict: Verdict,
) -> Candidate {
    let spec = &course.pipeline.spec;
    let mut metrics = BTreeMap::new();
    for at in &judged.judgement.horizons {
        let h = at.horizon_h;
        metrics.insert(format!("detected_{h}h"), at.hits as f64);
        metrics.insert(format!("failures_{h}h"), at.failures as f64);
        metrics.insert(format!("false_alarms_per_week_{h}h"), at.false_per_week.value);
        metrics.insert(format!("time_in_alarm_{h}h"), at.time_in_alarm);
        if let Some(lead) = at.median_lead_s {
            metrics.insert(format!("median_lead_minutes_{h}h"), lead / 60.0);
        }
    }
    let tags = [
        (Tag::ORIGIN, ran.origin.to_string()),
        (Tag::BUNDLE, bundle.digest.to_string()),
        ("gauntlet.kind", judged.kind.clone()),
        ("gauntlet.recipe", "windows".to_owned()),
        ("gauntlet.dataset_digest", ran.dataset_digest.to_string()),
        ("gauntlet.split_digest", course.split.to_string()),
        ("gauntlet.pipeline_digest", course.pipeline.digest.to_string()),
        ("gauntlet.seed", course.pipeline.seed.0.to_string()),
        ("gauntlet.version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let alarm = spec.alarm;
    let rest = alarm.refractory.map_or("it stays".to_owned(), |rest| format!("rest {rest}"));
    let params = [
        ("detector", judged.name.clone()),
        ("threshold", bundle.operation.threshold.to_string()),
        ("alarm", format!("{} of {} decisions, {rest}", alarm.needed, alarm.window)),
        ("inputs", bundle.inputs.to_string()),
    ];
    Candidate {
        model,
        label: judged.name.clone(),
        bundle: bundle.folder.clone(),
        digest: bundle.digest,
        verdict,
        params: params.map(|(key, value)| (key.to_owned(), value)).into(),
        metrics,
        tags: tags.map(|(key, value)| (key.to_owned(), value)).into(),
        description: format!("{}: {} ({} data)", spec.title, judged.name, ran.origin),
    }
}
