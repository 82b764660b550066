//! What the pipeline file of a vibration gauntlet can say. Unknown keys are refused.

use std::collections::BTreeMap;
use std::path::Path;

use gauntlet_core::{AlarmPolicy, Digest, ModelName, Seed};
use gauntlet_features::DerivedSpec;
use gauntlet_features::reference::ReferenceSpec;
use gauntlet_learn::Task;
use gauntlet_learn::condition::Protocol;
use gauntlet_learn::models::ContenderSpec;
use serde::{Deserialize, Serialize};

use super::remaining::RemainingSpec;
use crate::failure::Failure;
use crate::pipeline::Family;

/// A whole pipeline file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VibrationSpec {
    /// The kind of gauntlet; read before the rest of the file.
    pub(crate) gauntlet: Family,
    /// The gauntlet's name: that of its folders under `work/` and `reports/`.
    pub(crate) name: String,
    pub(crate) title: String,
    /// A folder under `datasets/`.
    pub(crate) dataset: String,
    pub(crate) seed: u64,
    /// What a snapshot is compared with.
    pub(crate) reference: ReferenceSpec,
    /// When scores above a threshold become an alarm, the same for every participant.
    pub(crate) alarm: AlarmPolicy,
    pub(crate) judgement: JudgementSpec,
    #[serde(default)]
    pub(crate) derived: BTreeMap<String, DerivedSpec>,
    pub(crate) recipes: BTreeMap<String, Vec<String>>,
    pub(crate) indicator: IndicatorSpec,
    #[serde(default)]
    pub(crate) detectors: Option<DetectorsSpec>,
    pub(crate) baselines: BTreeMap<String, FixedSpec>,
    /// Envelope bands by the element whose defect frequency they hold, for naming the fault.
    #[serde(default)]
    pub(crate) fault_bands: BTreeMap<String, String>,
    /// Remaining useful life after the indicator's alarm.
    #[serde(default)]
    pub(crate) remaining_life: Option<RemainingSpec>,
}

/// How participants are judged and gated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgementSpec {
    /// Rows up to this hour of each run are fitted on, later ones are sealed.
    pub(crate) from_hours: f64,
    pub(crate) level: f64,
    /// Failures below which a verdict on real data is at most Hold.
    pub(crate) minimum_events: usize,
}

/// The health indicator: a formula, with nothing fitted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorSpec {
    pub(crate) registered_name: ModelName,
    /// Recipes of one feature, the preferred one first: the first whose columns are there is taken.
    pub(crate) recipes: Vec<String>,
    pub(crate) threshold: f32,
}

/// Detectors fitted on each run's first hours.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DetectorsSpec {
    /// Their registered names append `_<kind>`.
    pub(crate) registered_name: ModelName,
    /// Recipes, the preferred one first: the first whose columns are there is taken.
    pub(crate) recipes: Vec<String>,
    /// How far above the training rows' median a threshold lies, by kind: 1 is where the alarm policy is just
    /// quiet on the training rows.
    pub(crate) margin: BTreeMap<String, f64>,
    pub(crate) contenders: Vec<ContenderSpec>,
}

/// A formula with a fixed threshold.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FixedSpec {
    /// A derived feature or a column.
    pub(crate) feature: String,
    pub(crate) threshold: f32,
}

/// A pipeline whose file was checked, with the seed of this run.
#[derive(Debug, Clone)]
pub(crate) struct VibrationPipeline {
    pub(crate) spec: VibrationSpec,
    pub(crate) digest: Digest,
    pub(crate) seed: Seed,
}

impl VibrationPipeline {
    /// Reads and checks a pipeline file; `seed` replaces the file's.
    pub(crate) fn read(path: &Path, seed: Option<u64>) -> Result<Self, Failure> {
        let text = fs_err::read_to_string(path).map_err(|e| Failure::Usage(e.to_string()))?;
        let spec: VibrationSpec =
            gauntlet_data::parse_toml(path, &text).map_err(|e| Failure::Usage(e.to_string()))?;
        let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
        check(&spec).map_err(wrong)?;
        // The seed is recorded on its own; everything else is the pipeline's identity.
        let identity = VibrationSpec { seed: 0, ..spec.clone() };
        let json = serde_json::to_vec(&identity).map_err(|e| wrong(e.to_string()))?;
        let seed = Seed(seed.unwrap_or(spec.seed));
        Ok(Self { digest: Digest::of(&json), seed, spec })
    }

    /// The same configuration on another dataset, whose models have names of their own. The digest stays: it is that
    /// of the file.
    pub(crate) fn on(&mut self, dataset: &str) -> Result<(), Failure> {
        let spec = &mut self.spec;
        if dataset == spec.dataset {
            return Ok(());
        }
        let names = [&mut spec.indicator.registered_name];
        let detectors = spec.detectors.iter_mut().map(|detectors| &mut detectors.registered_name);
        let remaining = spec.remaining_life.iter_mut().map(|life| &mut life.registered_name);
        for name in names.into_iter().chain(detectors).chain(remaining) {
            let of_dataset = format!("{name}_{}", dataset.replace('-', "_"));
            *name = of_dataset
                .parse()
                .map_err(|e| Failure::Usage(format!("--dataset {dataset}: {e}")))?;
        }
        spec.dataset = dataset.to_owned();
        Ok(())
    }

    pub(crate) fn protocol(&self) -> Protocol {
        let judgement = &self.spec.judgement;
        Protocol {
            policy: self.spec.alarm,
            from_hours: judgement.from_hours,
            level: judgement.level,
        }
    }
}

fn check(spec: &VibrationSpec) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    for (key, name) in [("name", &spec.name), ("dataset", &spec.dataset)] {
        if name.is_empty() || !name.chars().all(plain) {
            return Err(format!("`{key}` is `{name}`, it takes letters, digits, `_` and `-`"));
        }
    }
    spec.reference.check().map_err(|e| format!("[reference] {e}"))?;
    spec.alarm.check().map_err(|e| format!("[alarm] {e}"))?;
    if spec.alarm.refractory.is_some() {
        return Err("[alarm] `refractory`: a bearing is called once, its alarm latches".to_owned());
    }
    let JudgementSpec { from_hours, level, .. } = spec.judgement;
    if from_hours < spec.reference.baseline_hours[1] {
        return Err("`from_hours` lies before the end of `baseline_hours`".to_owned());
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(format!("`level` is {level}, it must lie between 0 and 1"));
    }
    let detectors = spec.detectors.iter().flat_map(|d| &d.recipes);
    for name in spec.indicator.recipes.iter().chain(detectors) {
        if !spec.recipes.contains_key(name) {
            return Err(format!("there is no recipe `{name}`"));
        }
    }
    for contender in spec.detectors.iter().flat_map(|d| &d.contenders) {
        let checked = contender.check().map_err(|e| e.to_string())?;
        checked.must_do(Task::Anomaly).map_err(|e| e.to_string())?;
    }
    if let Some(detectors) = &spec.detectors {
        let missing = |c: &&ContenderSpec| !detectors.margin.contains_key(c.kind());
        if let Some(contender) = detectors.contenders.iter().find(missing) {
            return Err(format!("`[detectors.margin]` lacks `{}`", contender.kind()));
        }
    }
    Ok(())
}
