//! What a pipeline file can say. Unknown keys are refused.

use std::collections::BTreeMap;

use gauntlet_core::{Implausible, ModelName};
use gauntlet_features::DerivedSpec;
use gauntlet_learn::baselines::BaselineSpec;
use gauntlet_learn::guard::Waiver;
use gauntlet_learn::metrics::Metric;
use gauntlet_learn::models::ContenderSpec;
use serde::{Deserialize, Serialize};

/// A whole pipeline file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PipelineSpec {
    /// The gauntlet's name: that of its folders under `work/` and `reports/`.
    pub(crate) name: String,
    pub(crate) title: String,
    /// A folder under `datasets/`.
    pub(crate) dataset: String,
    /// The registered name of the winner; contenders append `_<kind>_<recipe>`.
    pub(crate) registered_name: ModelName,
    pub(crate) seed: u64,
    pub(crate) columns: ColumnsSpec,
    pub(crate) split: SplitSpec,
    pub(crate) judgement: JudgementSpec,
    /// What the winner should reach on validation rows of real data; the gap is reported.
    #[serde(default)]
    pub(crate) targets: BTreeMap<Metric, f64>,
    #[serde(default)]
    pub(crate) derived: BTreeMap<String, DerivedSpec>,
    pub(crate) recipes: BTreeMap<String, RecipeSpec>,
    pub(crate) baselines: BTreeMap<String, BaselineSpec>,
    pub(crate) contenders: Vec<ContenderSpec>,
    #[serde(default)]
    pub(crate) waivers: Vec<Waiver>,
    #[serde(default)]
    pub(crate) trap: Option<TrapSpec>,
    #[serde(default)]
    pub(crate) serving: ServingSpec,
}

/// What its bundles ask of the server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServingSpec {
    /// What happens to a request with a number outside the dataset's `min` and `max`.
    #[serde(default)]
    pub(crate) implausible: Implausible,
}

/// What columns are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnsSpec {
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) ids: Vec<String>,
    #[serde(default)]
    pub(crate) derived_from_label: Vec<String>,
    #[serde(default)]
    pub(crate) group: GroupSpec,
}

/// The unit of independence.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum GroupSpec {
    /// Every row by itself.
    #[default]
    EachRow,
    /// A new unit where the column falls.
    ResetOf(String),
    /// Rows that share the column's value.
    Column(String),
}

/// How rows are divided: a sealed stratified test set, repeated stratified folds on the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitSpec {
    pub(crate) test_fraction: f64,
    pub(crate) folds: usize,
    pub(crate) repeats: usize,
    pub(crate) inner_folds: usize,
}

/// How participants are judged and gated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgementSpec {
    pub(crate) primary: Metric,
    /// What one unit of independence is called in reports.
    pub(crate) unit: String,
    pub(crate) miss_cost: f64,
    pub(crate) false_alarm_cost: f64,
    pub(crate) replicates: usize,
    pub(crate) level: f64,
    /// How far the difference to the champion may reach below zero.
    pub(crate) champion_tolerance: f64,
    pub(crate) minimum_events: usize,
    /// A rules baseline whose F1 is the ceiling.
    #[serde(default)]
    pub(crate) ceiling: Option<String>,
}

/// Which features a model sees, and what it has to beat.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipeSpec {
    pub(crate) features: Vec<String>,
    /// Baselines that block promotion unless beaten, interval included.
    pub(crate) blocking: Vec<String>,
    /// A baseline whose F1 must not be significantly better.
    #[serde(default)]
    pub(crate) f1_not_below: Option<String>,
    /// Baselines printed beside it without blocking.
    #[serde(default)]
    pub(crate) beside: Vec<String>,
}

/// The wrong protocol that gives the famous number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrapSpec {
    /// The recipe to which the columns are added.
    pub(crate) recipe: String,
    pub(crate) columns: Vec<String>,
    /// Why the number is worthless.
    pub(crate) why: String,
}
