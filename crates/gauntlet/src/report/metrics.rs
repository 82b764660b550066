//! `metrics.json`: every participant's numbers, each with its interval, as DVC and scripts read them.

use std::collections::BTreeMap;

use anyhow::Result;
use gauntlet_core::{Digest, Estimate, Origin};
use gauntlet_learn::metrics::{Confusion, Metric};
use serde::Serialize;

use crate::stages::Context;
use crate::stages::judge::Judgement;

/// Everything a script would want of a run. Nothing in it differs between two runs on the same inputs.
#[derive(Debug, Serialize)]
pub(crate) struct ReportMetrics {
    gauntlet: String,
    origin: Origin,
    dataset: String,
    dataset_digest: Digest,
    split_digest: Digest,
    seed: u64,
    rows: usize,
    failures: usize,
    test_rows: usize,
    test_failures: usize,
    prevalence: f64,
    winner: String,
    ceiling_f1: Option<f64>,
    participants: BTreeMap<String, ParticipantMetrics>,
}

#[derive(Debug, Serialize)]
struct ParticipantMetrics {
    baseline: bool,
    validation: BTreeMap<Metric, Estimate>,
    validation_grouped_pr_auc: Estimate,
    test: BTreeMap<Metric, Estimate>,
    at_f1: Confusion,
    at_cost: Confusion,
    f1_threshold: f32,
    cost_threshold: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle_bytes: Option<u64>,
}

/// Collects the metrics of a judgement.
pub(crate) fn metrics(context: &Context, judgement: &Judgement) -> Result<ReportMetrics> {
    let info = &judgement.info;
    let mut participants = BTreeMap::new();
    for (id, judged) in &judgement.judged {
        let finalist = judgement.trained.finalists.iter().find(|f| f.id == *id);
        let variant = finalist.map_or(id, |f| &f.variant);
        let Some(participant) = judgement.participant(variant) else { continue };
        let bundle = judgement.bundles.get(id);
        participants.insert(
            id.clone(),
            ParticipantMetrics {
                baseline: participant.baseline,
                validation: participant.validation.clone(),
                validation_grouped_pr_auc: participant.grouped_pr_auc,
                test: judged.metrics.clone(),
                at_f1: judged.at_f1,
                at_cost: judged.at_cost,
                f1_threshold: judged.scores.f1_threshold,
                cost_threshold: judged.scores.cost_threshold,
                ceiling_share: judgement.ceiling_share(context, id),
                bundle: bundle.map(|b| b.digest),
                bundle_bytes: bundle.map(|b| b.size_bytes),
            },
        );
    }
    let (test_rows, test_failures) = judgement.test_size();
    Ok(ReportMetrics {
        gauntlet: info.gauntlet.clone(),
        origin: info.origin,
        dataset: info.dataset.clone(),
        dataset_digest: info.digest,
        split_digest: info.split,
        seed: info.seed.0,
        rows: info.rows,
        failures: info.positives,
        test_rows,
        test_failures,
        prevalence: info.positives as f64 / info.rows as f64,
        winner: judgement.trained.winner.clone(),
        ceiling_f1: judgement.ceiling,
        participants,
    })
}
