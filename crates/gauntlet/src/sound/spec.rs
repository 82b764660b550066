//! What the pipeline file of a gauntlet of sound can say. Unknown keys are refused.

use std::collections::BTreeMap;
use std::path::Path;

use gauntlet_core::{Digest, ModelName, Seed};
use gauntlet_features::audio::{Channel, ClipSetup, Setup};
use gauntlet_learn::Task;
use gauntlet_learn::models::ContenderSpec;
use gauntlet_learn::sound::{Protocol, SoundPolicy};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::pipeline::Family;

/// A whole pipeline file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SoundSpec {
    /// The kind of gauntlet; read before the rest of the file.
    pub(crate) gauntlet: Family,
    /// The gauntlet's name: that of its folders under `work/` and `reports/`.
    pub(crate) name: String,
    pub(crate) title: String,
    /// A folder under `datasets/`.
    pub(crate) dataset: String,
    pub(crate) seed: u64,
    /// Registered names append `_<machine>`.
    pub(crate) registered_name: ModelName,
    /// Which channel of a file is heard.
    pub(crate) channel: Channel,
    /// What is computed of each clip.
    pub(crate) clip: ClipSetup,
    /// Summaries of clips, from which one is chosen per machine on training clips: names of features, in which one `*`
    /// stands for anything. The first declared is taken where nothing can be compared.
    pub(crate) summaries: Vec<SummarySpec>,
    /// Contenders on summaries. The first is the one that is registered: chosen beforehand, not by its score.
    pub(crate) contenders: Vec<ContenderSpec>,
    /// A contender on frames of the spectrogram.
    #[serde(default)]
    pub(crate) frames: Option<FramesSpec>,
    /// Features of which the first that the dataset has is the score of the energy baseline.
    pub(crate) energy: Vec<String>,
    pub(crate) judgement: JudgementSpec,
    #[serde(default)]
    pub(crate) trap: Option<TrapSpec>,
    /// Areas that others have published, by machine, id and ratio, for comparison only.
    #[serde(default)]
    pub(crate) published: Option<Published>,
}

/// A summary of clips.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummarySpec {
    pub(crate) name: String,
    pub(crate) features: Vec<String>,
}

/// A contender that hears a few frames at a time; a clip's score is the mean of theirs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FramesSpec {
    pub(crate) setup: Setup,
    /// Frames that are heard together.
    pub(crate) context: usize,
    /// Every so many-th row of a training clip is learned from: neighbours share all frames but one.
    pub(crate) stride: usize,
    /// Parts in which training clips are held out for its threshold.
    pub(crate) folds: usize,
    pub(crate) contender: ContenderSpec,
}

/// How contenders are judged and gated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgementSpec {
    /// Normal recordings that a machine needs to be learned from.
    pub(crate) least_train: usize,
    /// Normal, and abnormal, test clips of each machine below which a verdict is at most Hold.
    pub(crate) least_clips: usize,
    /// Share of held-out normal training clips that stay below the alarm threshold.
    pub(crate) quantile: f64,
    /// Parts in which training clips are held out.
    pub(crate) folds: usize,
    /// False positive rate up to which the partial area counts.
    pub(crate) max_fpr: f64,
    pub(crate) replicates: usize,
    pub(crate) level: f64,
    /// How far below the champion's mean area the interval of the difference may reach.
    pub(crate) tolerance: f64,
}

/// The supervised forest on a random split.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrapSpec {
    pub(crate) trees: usize,
    pub(crate) folds: usize,
    /// Why the number is flattering, in a sentence or two.
    pub(crate) why: String,
}

/// Published areas.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Published {
    pub(crate) source: String,
    /// By machine, id and ratio.
    pub(crate) auc: BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>,
}

/// A pipeline whose file was checked, with the seed of this run.
#[derive(Debug, Clone)]
pub(crate) struct SoundPipeline {
    pub(crate) spec: SoundSpec,
    pub(crate) digest: Digest,
    pub(crate) seed: Seed,
}

impl SoundPipeline {
    /// Reads and checks a pipeline file; `seed` replaces the file's.
    pub(crate) fn read(path: &Path, seed: Option<u64>) -> Result<Self, Failure> {
        let text = fs_err::read_to_string(path).map_err(|e| Failure::Usage(e.to_string()))?;
        let spec: SoundSpec =
            gauntlet_data::parse_toml(path, &text).map_err(|e| Failure::Usage(e.to_string()))?;
        let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
        check(&spec).map_err(wrong)?;
        // The seed is recorded on its own; everything else is the pipeline's identity.
        let identity = SoundSpec { seed: 0, ..spec.clone() };
        let json = serde_json::to_vec(&identity).map_err(|e| wrong(e.to_string()))?;
        let seed = Seed(seed.unwrap_or(spec.seed));
        Ok(Self { digest: Digest::of(&json), seed, spec })
    }

    /// The same configuration on another dataset, whose models have names of their own. The digest stays: it is that
    /// of the file.
    pub(crate) fn on(&mut self, dataset: &str) -> Result<(), Failure> {
        if dataset != self.spec.dataset {
            let name = format!("{}_{}", self.spec.registered_name, dataset.replace('-', "_"));
            self.spec.registered_name =
                name.parse().map_err(|e| Failure::Usage(format!("--dataset {dataset}: {e}")))?;
            self.spec.dataset = dataset.to_owned();
        }
        Ok(())
    }

    pub(crate) fn protocol(&self) -> Protocol {
        let JudgementSpec { max_fpr, replicates, level, .. } = self.spec.judgement;
        Protocol { max_fpr, replicates, level, seed: self.seed.derive("intervals", 0) }
    }

    /// The gate; the energy baseline blocks where the dataset has it.
    pub(crate) fn policy(&self, with_energy: bool) -> SoundPolicy {
        let JudgementSpec { tolerance, least_clips, .. } = self.spec.judgement;
        let mut policy =
            SoundPolicy { tolerance, least_clips, ..SoundPolicy::new(self.protocol()) };
        policy.blocking.retain(|name| with_energy || name != super::judge::ENERGY);
        policy
    }
}

fn check(spec: &SoundSpec) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    for (key, name) in [("name", &spec.name), ("dataset", &spec.dataset)] {
        if name.is_empty() || !name.chars().all(plain) {
            return Err(format!("`{key}` is `{name}`, it takes letters, digits, `_` and `-`"));
        }
    }
    if spec.summaries.is_empty() || spec.contenders.is_empty() {
        return Err("there has to be one of `summaries` and one of `contenders`".to_owned());
    }
    for (i, summary) in spec.summaries.iter().enumerate() {
        if spec.summaries[..i].iter().any(|other| other.name == summary.name) {
            return Err(format!("two summaries are named `{}`", summary.name));
        }
        if summary.features.is_empty() {
            return Err(format!("summary `{}` has no features", summary.name));
        }
    }
    let frames = spec.frames.iter().map(|frames| &frames.contender);
    let mut kinds = Vec::new();
    for contender in spec.contenders.iter().chain(frames) {
        let checked = contender.check().map_err(|e| e.to_string())?;
        checked.must_do(Task::Anomaly).map_err(|e| e.to_string())?;
        if kinds.contains(&contender.kind()) {
            return Err(format!("two contenders are of the kind `{}`", contender.kind()));
        }
        kinds.push(contender.kind());
    }
    let JudgementSpec { quantile, folds, least_train, .. } = spec.judgement;
    if !(quantile > 0.5 && quantile < 1.0) {
        return Err(format!("`quantile` is {quantile}, it must lie between 0.5 and 1"));
    }
    if spec.frames.iter().any(|frames| frames.stride == 0) {
        return Err("[frames] `stride` must be at least 1".to_owned());
    }
    let folds = spec.frames.iter().map(|f| f.folds).chain([folds]).min().unwrap_or(folds);
    if folds < 2 || least_train < 2 {
        return Err("`folds` and `least_train` must be at least 2".to_owned());
    }
    Ok(())
}
