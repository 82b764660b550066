//! Pipeline files of `gauntlet = "events"`.

use std::collections::BTreeSet;
use std::path::Path;

use gauntlet_core::{Digest, ModelName, Seed};
use gauntlet_features::windows::Kind;
use gauntlet_learn::events::{Calibration, Detector, DetectorSpec, ProtocolSpec};
use gauntlet_learn::guard::Waiver;
use serde::{Deserialize, Serialize};

use super::lengths::{AlarmSpec, Lengths, WindowSpec};
use crate::failure::Failure;
use crate::pipeline::Family;

/// A whole pipeline file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsSpec {
    pub(crate) gauntlet: Family,
    /// The gauntlet's name: that of its folders under `work/` and `reports/`.
    pub(crate) name: String,
    pub(crate) title: String,
    /// A folder under `datasets/`.
    pub(crate) dataset: String,
    /// The registered name of the winner; contenders append `_<name>`.
    pub(crate) registered_name: ModelName,
    pub(crate) seed: u64,
    pub(crate) windows: WindowSpec,
    pub(crate) protocol: ProtocolSpec,
    /// When scores above a threshold become an alarm.
    pub(crate) alarm: AlarmSpec,
    pub(crate) threshold: ThresholdSpec,
    pub(crate) judgement: JudgementSpec,
    pub(crate) contenders: Vec<ParticipantSpec>,
    pub(crate) baselines: Vec<ParticipantSpec>,
    #[serde(default)]
    pub(crate) waivers: Vec<Waiver>,
}

/// How thresholds are set on training rows.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThresholdSpec {
    /// False alarms per week that training rows may have.
    pub(crate) budget_per_week: f64,
    /// How much further from the middling score the threshold lies than that, as a share.
    pub(crate) margin: f64,
    /// Parts of the training rows, each scored by a detector fitted on the others.
    pub(crate) blocks: usize,
    /// Most decisions that a detector is fitted on.
    pub(crate) most_lines: usize,
}

/// How participants are judged and gated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgementSpec {
    /// Hours before a failure within which an alarm announces it: the operating point.
    pub(crate) horizon_h: f64,
    /// The horizons of the curve.
    pub(crate) horizons_h: Vec<f64>,
    pub(crate) most_false_per_week: f64,
    pub(crate) minimum_events: usize,
    pub(crate) level: f64,
    /// Baselines that have to be dominated.
    pub(crate) blocking: Vec<String>,
}

/// A contender or baseline.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParticipantSpec {
    pub(crate) name: String,
    /// The kinds of features it reads.
    pub(crate) features: Vec<Kind>,
    pub(crate) detector: DetectorSpec,
}

/// A checked pipeline with the seed of this run.
#[derive(Debug, Clone)]
pub(crate) struct EventsPipeline {
    pub(crate) spec: EventsSpec,
    pub(crate) digest: Digest,
    pub(crate) seed: Seed,
    pub(crate) participants: Vec<Participant>,
}

/// A checked participant.
#[derive(Debug, Clone)]
pub(crate) struct Participant {
    pub(crate) spec: ParticipantSpec,
    pub(crate) detector: Detector,
    pub(crate) baseline: bool,
}

impl EventsPipeline {
    /// Reads and checks a pipeline file; `seed` replaces the file's.
    pub(crate) fn read(path: &Path, seed: Option<u64>) -> Result<Self, Failure> {
        let text = fs_err::read_to_string(path).map_err(|e| Failure::Usage(e.to_string()))?;
        let spec: EventsSpec =
            gauntlet_data::parse_toml(path, &text).map_err(|e| Failure::Usage(e.to_string()))?;
        let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
        check(&spec).map_err(wrong)?;
        let participant = |spec: &ParticipantSpec, baseline| {
            let detector = spec.detector.check(&spec.features).map_err(|e| wrong(e.to_string()))?;
            Ok(Participant { spec: spec.clone(), detector, baseline })
        };
        let contenders = spec.contenders.iter().map(|spec| participant(spec, false));
        let baselines = spec.baselines.iter().map(|spec| participant(spec, true));
        let participants = contenders.chain(baselines).collect::<Result<Vec<_>, Failure>>()?;
        // The seed is recorded on its own; everything else is the pipeline's identity.
        let identity = EventsSpec { seed: 0, ..spec.clone() };
        let json = serde_json::to_vec(&identity).map_err(|e| wrong(e.to_string()))?;
        let seed = Seed(seed.unwrap_or(spec.seed));
        Ok(Self { digest: Digest::of(&json), seed, spec, participants })
    }

    /// The same configuration on another dataset: its digest stays, and its models get names of their own, since another
    /// machine's failures say nothing of this one's.
    pub(crate) fn on(&mut self, dataset: &str) -> Result<(), Failure> {
        if dataset == self.spec.dataset {
            return Ok(());
        }
        let name = format!("{}_{}", self.spec.registered_name, dataset.replace('-', "_"));
        self.spec.registered_name = name.parse().map_err(|e| Failure::Usage(format!("{e}")))?;
        dataset.clone_into(&mut self.spec.dataset);
        Ok(())
    }

    /// Windows and alarm policy where a row follows another after `step_s` seconds.
    pub(crate) fn lengths(&self, step_s: f64) -> Result<Lengths, String> {
        Lengths::at(&self.spec.windows, &self.spec.alarm, step_s)
    }

    /// How thresholds are set.
    pub(crate) fn calibration(&self, lengths: &Lengths) -> Calibration {
        let ThresholdSpec { budget_per_week, margin, blocks, most_lines } = self.spec.threshold;
        let (alarm, horizon_h) = (lengths.alarm, self.spec.judgement.horizon_h);
        Calibration { alarm, budget_per_week, margin, blocks, most_lines, horizon_h }
    }

    /// The horizons of the curve, the operating point first.
    pub(crate) fn horizons(&self) -> Vec<f64> {
        let judgement = &self.spec.judgement;
        let others = judgement.horizons_h.iter().filter(|h| **h != judgement.horizon_h);
        std::iter::once(&judgement.horizon_h).chain(others).copied().collect()
    }

    /// Every kind of feature that a participant reads, in order.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let kinds = self.participants.iter().flat_map(|p| p.spec.features.iter().copied());
        kinds.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn check(spec: &EventsSpec) -> Result<(), String> {
    // At any cadence at which a middle window holds enough rows; that of the data is checked when it is there.
    Lengths::at(&spec.windows, &spec.alarm, spec.windows.every.seconds() / 3.0)?;
    let judgement = &spec.judgement;
    let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    ensure(!spec.contenders.is_empty(), "there are no `[[contenders]]`")?;
    let horizons = judgement.horizons_h.iter().chain([&judgement.horizon_h]);
    let mut horizons = horizons.copied();
    ensure(horizons.all(|h| h > 0.0 && h.is_finite()), "horizons must be hours above 0")?;
    ensure((0.0..1.0).contains(&judgement.level), "`level` must lie between 0 and 1")?;
    ensure(
        (0.0..1.0).contains(&spec.protocol.initial_share),
        "`initial_share` must lie between 0 and 1",
    )?;
    ensure(spec.threshold.budget_per_week >= 0.0, "`budget_per_week` must be at least 0")?;
    ensure(spec.threshold.margin >= 0.0, "`margin` must be at least 0")?;
    let mut names = BTreeSet::new();
    for participant in spec.contenders.iter().chain(&spec.baselines) {
        let name = &participant.name;
        ensure(names.insert(name), &format!("two participants are called `{name}`"))?;
        ensure(!participant.features.is_empty(), &format!("`{name}` reads no features"))?;
    }
    let unknown = judgement.blocking.iter().find(|b| !spec.baselines.iter().any(|p| p.name == **b));
    match unknown {
        Some(name) => Err(format!("`blocking` names `{name}`, which is no baseline")),
        None => Ok(()),
    }
}
