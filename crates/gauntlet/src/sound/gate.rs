//! The gate against each machine's champion, and registration of the whole run, all or nothing.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use gauntlet_bundle::Bundle;
use gauntlet_core::{Decision, Field, FieldKind, ModelName, Rule, Verdict};
use gauntlet_learn::gate::Evidence;
use gauntlet_learn::sound::{ScoredTask, SoundEvidence, decide_sound};
use gauntlet_registry::ModelVersion;

use super::heard::{UNIT, unit};
use super::judge::{ENERGY, Judgement, MachineJudgement, Participant, Sealed, bundle_folder};
use crate::commands::registry::open;
use crate::enrol::{Candidate, champion, enrol};
use crate::home::Home;
use crate::registries::Opened;
use crate::report::params;
use crate::stages::register::NameOutcome;

/// The rule that compares with the champion.
const CHAMPION: &str = "champion";

/// Gates the winner of every type of machine under its own name and registers it.
pub(super) async fn run(
    home: &Home,
    sealed: &Sealed<'_>,
    judgement: &Judgement,
    started_ms: i64,
) -> Result<Vec<NameOutcome>> {
    let opened = open(home).await?;
    let outcomes = register(home, &opened, sealed, judgement, started_ms).await;
    opened.close().await;
    outcomes
}

async fn register(
    home: &Home,
    opened: &Opened,
    sealed: &Sealed<'_>,
    judgement: &Judgement,
    started_ms: i64,
) -> Result<Vec<NameOutcome>> {
    let spec = &sealed.pipeline.spec;
    let mut candidates = Vec::new();
    for of in &judgement.machines {
        let suffix = judgement.made.origin.name_suffix();
        let model: ModelName =
            format!("{}_{}{suffix}", spec.registered_name, of.machine).parse()?;
        let winner = of.participants.first().context("there is no contender")?;
        let champion = champion(opened, &model).await?;
        // The champion is not compared with itself: its verdict stands.
        let rival = match champion.as_ref().filter(|c| c.digest != Some(winner.bundle)) {
            Some(champion) => Some(judged_again(opened, sealed, &of.machine, champion).await),
            None => None,
        };
        let verdict = match rival {
            None => verdict(sealed, of, winner, None),
            Some(Ok(scores)) => verdict(sealed, of, winner, Some(&scores)),
            Some(Err(error)) => held(verdict(sealed, of, winner, None), &error),
        };
        candidates.push(candidate(home, judgement, of, winner, model, verdict, &spec.name));
    }
    enrol(opened, &spec.name, sealed.pipeline.digest, started_ms, candidates).await
}

/// The champion on the test clips of this run. A champion of other features or machines cannot be judged on them.
async fn judged_again(
    opened: &Opened,
    sealed: &Sealed<'_>,
    machine: &str,
    champion: &ModelVersion,
) -> Result<Vec<ScoredTask>> {
    let name = format!("champion {} version {}", champion.model, champion.version);
    let folder = opened.bundle(champion).await?.with_context(|| format!("{name} has no bundle"))?;
    let bundle = Bundle::open(&folder).with_context(|| format!("{name} cannot be opened"))?;
    let fields = &bundle.signature().raw;
    knows_all(sealed, machine, fields)
        .with_context(|| format!("{name} cannot be judged on these clips"))?;
    sealed.scores(machine, fields, &|frame| bundle.answers(frame)).with_context(|| {
        format!(
            "{name} cannot be judged on these clips: archive it, or run from the configuration that \
             made it"
        )
    })
}

/// Whether a model with these fields has heard every machine of the type, under every ratio.
fn knows_all(sealed: &Sealed<'_>, machine: &str, fields: &[Field]) -> Result<()> {
    let known = fields.iter().find(|field| field.name == UNIT).map(|field| &field.kind);
    let Some(FieldKind::Category { values }) = known else {
        anyhow::bail!("it does not take the field `{UNIT}`");
    };
    for place in sealed.heard.places(machine) {
        let unit = unit(&place);
        anyhow::ensure!(values.contains(&unit), "it has never heard {unit}");
    }
    Ok(())
}

fn verdict(
    sealed: &Sealed<'_>,
    of: &MachineJudgement,
    winner: &Participant,
    champion: Option<&[ScoredTask]>,
) -> Verdict {
    let evidence =
        Evidence { parity: winner.parity, waivers: BTreeMap::new(), champion_caveat: None };
    let baselines = &of.baseline_scores;
    let evidence = SoundEvidence { evidence: &evidence, baselines, champion };
    let policy = sealed.pipeline.policy(baselines.contains_key(ENERGY));
    decide_sound(&winner.scores, &evidence, &policy)
}

/// The verdict where there is a champion that cannot be judged: people have to decide.
fn held(verdict: Verdict, why: &anyhow::Error) -> Verdict {
    let mut rules = verdict.rules;
    rules.retain(|rule| rule.name != CHAMPION);
    let (name, reason) = (CHAMPION.to_owned(), format!("{why:#}"));
    rules.push(Rule { name, decision: Decision::Hold, reason });
    Verdict::of(rules)
}

fn candidate(
    home: &Home,
    judgement: &Judgement,
    of: &MachineJudgement,
    winner: &Participant,
    model: ModelName,
    verdict: Verdict,
    gauntlet: &str,
) -> Candidate {
    let mut metrics =
        BTreeMap::from([("seal_openings".to_owned(), judgement.made.openings as f64)]);
    for summary in &winner.judged.summaries {
        let at = summary.snr.as_deref().map(plain).filter(|snr| !snr.is_empty());
        let at = at.map(|snr| format!("_{snr}")).unwrap_or_default();
        metrics.insert(format!("test_auc_mean{at}"), summary.auc.estimate.value);
        metrics.insert(format!("test_pauc_mean{at}"), summary.partial_auc.estimate.value);
        metrics.insert(format!("test_auc_worst{at}"), summary.worst.auc.estimate.value);
    }
    let mut params = params(&winner.hyperparameters);
    params.insert("summary".to_owned(), winner.summary.clone());
    let mut tags = judgement.made.tags(winner.bundle, &winner.id, &winner.summary);
    tags.insert("gauntlet.machine".to_owned(), of.machine.clone());
    Candidate {
        model,
        label: format!("{} {}", of.machine, winner.id),
        bundle: bundle_folder(home, gauntlet, &of.machine, &winner.id),
        digest: winner.bundle,
        verdict,
        params,
        metrics,
        tags,
        description: format!(
            "{}: {} on summary {} of {} clips, {} data",
            judgement.made.title, winner.id, winner.summary, of.machine, judgement.made.origin
        ),
    }
}

/// A ratio as part of a metric's name: `-6 dB` is `minus_6_db`.
fn plain(snr: &str) -> String {
    let signed = snr.replace('-', "minus_").to_lowercase();
    signed.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
