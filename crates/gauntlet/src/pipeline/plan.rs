//! A checked pipeline: every name resolves, every number is in range.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gauntlet_core::{Digest, Frame, Seed, nearest};
use gauntlet_data::GroupRule;
use gauntlet_features::{RecipePlan, parse};
use gauntlet_learn::baselines::{Baseline, BaselineSpec};
use gauntlet_learn::gate::Policy;
use gauntlet_learn::guard::Declared;
use gauntlet_learn::metrics::Costs;
use gauntlet_learn::models::ContenderSpec;
use gauntlet_learn::tournament::{Entry, Learner, Protocol};
use gauntlet_learn::{Bootstrap, LearnError, Task};

use super::{GroupSpec, PipelineSpec, RecipeSpec};
use crate::failure::Failure;

/// A pipeline whose file was checked, with the seed of this run.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) spec: PipelineSpec,
    pub(crate) digest: Digest,
    pub(crate) seed: Seed,
}

/// The feature sets of a pipeline on one dataset: recipes of contenders, and margins of rules.
#[derive(Debug, Clone)]
pub(crate) struct Sides {
    /// By recipe name, or by the name of a rules baseline.
    pub(crate) plans: BTreeMap<String, RecipePlan>,
}

impl Pipeline {
    /// Reads and checks a pipeline file; `seed` replaces the file's.
    pub(crate) fn read(path: &Path, seed: Option<u64>) -> Result<Self, Failure> {
        let text = fs_err::read_to_string(path).map_err(|e| Failure::Usage(e.to_string()))?;
        let spec: PipelineSpec =
            gauntlet_data::parse_toml(path, &text).map_err(|e| Failure::Usage(e.to_string()))?;
        let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
        check(&spec).map_err(wrong)?;
        // The seed is recorded on its own; everything else is the pipeline's identity.
        let identity = PipelineSpec { seed: 0, ..spec.clone() };
        let json = serde_json::to_vec(&identity).map_err(|e| wrong(e.to_string()))?;
        let seed = Seed(seed.unwrap_or(spec.seed));
        let pipeline = Self { digest: Digest::of(&json), seed, spec };
        pipeline.entries()?;
        Ok(pipeline)
    }

    pub(crate) fn name(&self) -> &str {
        &self.spec.name
    }

    pub(crate) fn costs(&self) -> Costs {
        let judgement = &self.spec.judgement;
        Costs { miss: judgement.miss_cost, false_alarm: judgement.false_alarm_cost }
    }

    pub(crate) fn protocol(&self) -> Protocol {
        Protocol {
            folds: self.spec.split.folds,
            repeats: self.spec.split.repeats,
            inner_folds: self.spec.split.inner_folds,
            costs: self.costs(),
            level: self.spec.judgement.level,
            seed: self.seed.derive("tournament", 0),
        }
    }

    pub(crate) fn bootstrap(&self) -> Bootstrap {
        Bootstrap {
            replicates: self.spec.judgement.replicates,
            level: self.spec.judgement.level,
            seed: self.seed.derive("judgement", 0),
            costs: self.costs(),
        }
    }

    pub(crate) fn policy(&self, recipe: &RecipeSpec) -> Policy {
        Policy {
            primary: self.spec.judgement.primary,
            blocking: recipe.blocking.clone(),
            f1_not_below: recipe.f1_not_below.clone(),
            tolerance: self.spec.judgement.champion_tolerance,
            minimum_events: self.spec.judgement.minimum_events,
            bootstrap: self.bootstrap(),
        }
    }

    pub(crate) fn declared(&self) -> Declared {
        let columns = &self.spec.columns;
        Declared {
            label: columns.label.clone(),
            ids: columns.ids.iter().cloned().collect(),
            derived_from_label: columns.derived_from_label.iter().cloned().collect(),
        }
    }

    pub(crate) fn group_rule(&self) -> GroupRule {
        match &self.spec.columns.group {
            GroupSpec::EachRow => GroupRule::EachRow,
            GroupSpec::ResetOf(column) => GroupRule::ResetOf(column.clone()),
            GroupSpec::Column(column) => GroupRule::Column(column.clone()),
        }
    }

    /// Resolves every recipe and rule against the raw columns.
    pub(crate) fn sides(&self, columns: &Frame) -> Result<Sides, Failure> {
        let mut plans = BTreeMap::new();
        let mut add = |name: &str, features: &[String]| -> Result<(), Failure> {
            let plan = RecipePlan::check(name, features, &self.spec.derived, columns)
                .map_err(|e| Failure::Usage(e.to_string()))?;
            plans.insert(name.to_owned(), plan);
            Ok(())
        };
        for (name, recipe) in &self.spec.recipes {
            add(name, &recipe.features)?;
        }
        for (name, baseline) in &self.spec.baselines {
            if let BaselineSpec::Rules(rules) = baseline {
                add(name, &rules.below_zero)?;
            }
        }
        Ok(Sides { plans })
    }

    /// Every participant: each contender and fitted baseline on each recipe, and each rules baseline.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let usage = |e: gauntlet_learn::LearnError| Failure::Usage(e.to_string());
        let mut entries: Vec<Entry> = Vec::new();
        for recipe in self.spec.recipes.keys() {
            for contender in &self.spec.contenders {
                let name = format!("{}_{recipe}", contender.kind());
                let same = entries.iter().filter(|e| base_id(&e.id) == name).count();
                let id = if same == 0 { name } else { format!("{name}#{}", same + 1) };
                let learner = learner(contender).map_err(usage)?;
                entries.push(Entry { id, recipe: recipe.clone(), learner });
            }
        }
        for (name, spec) in &self.spec.baselines {
            let baseline = spec.check().map_err(usage)?;
            let learner = Learner::Baseline(baseline.clone());
            if baseline == Baseline::Rules {
                entries.push(Entry { id: name.clone(), recipe: name.clone(), learner });
                continue;
            }
            for recipe in self.spec.recipes.keys() {
                let id = format!("{name}_{recipe}");
                entries.push(Entry { id, recipe: recipe.clone(), learner: learner.clone() });
            }
        }
        Ok(entries)
    }

    /// The participant that a baseline's name means beside a recipe.
    pub(crate) fn baseline_id(&self, baseline: &str, recipe: &str) -> String {
        match self.spec.baselines.get(baseline) {
            Some(BaselineSpec::Rules(_)) => baseline.to_owned(),
            _ => format!("{baseline}_{recipe}"),
        }
    }
}

/// The contender itself, or the search for its hyperparameters.
fn learner(spec: &ContenderSpec) -> Result<Learner, LearnError> {
    if let Some(search) = &spec.search {
        let search = search.check(spec)?;
        search.must_do(Task::Binary)?;
        return Ok(Learner::Search { search: Box::new(search), journals: None });
    }
    let contender = spec.check()?;
    contender.must_do(Task::Binary)?;
    Ok(Learner::Contender(contender))
}

/// The name without the number of its hyperparameter variant.
pub(crate) fn base_id(id: &str) -> &str {
    id.split_once('#').map_or(id, |(base, _)| base)
}

fn check(spec: &PipelineSpec) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if spec.name.is_empty() || !spec.name.chars().all(plain) {
        return Err(format!("`name` is `{}`, it takes letters, digits, `_` and `-`", spec.name));
    }
    if spec.dataset.is_empty() || !spec.dataset.chars().all(plain) {
        return Err(format!("`dataset` is `{}`, it names a folder in datasets/", spec.dataset));
    }
    if spec.recipes.is_empty() || spec.contenders.is_empty() {
        return Err("a gauntlet needs at least one recipe and one contender".to_owned());
    }
    check_numbers(spec)?;
    for (name, derived) in &spec.derived {
        parse(&derived.formula).map_err(|e| format!("derived feature `{name}`: {e}"))?;
    }
    let known: BTreeSet<&str> = spec.baselines.keys().map(String::as_str).collect();
    for (name, recipe) in &spec.recipes {
        if !name.chars().all(plain) {
            return Err(format!("recipe `{name}`: names take letters, digits, `_` and `-`"));
        }
        if known.contains(name.as_str()) {
            return Err(format!("`{name}` names a recipe and a baseline"));
        }
        let f1 = recipe.f1_not_below.iter();
        for baseline in recipe.blocking.iter().chain(&recipe.beside).chain(f1) {
            is_baseline(&known, baseline, &format!("recipe `{name}`"))?;
        }
    }
    if let Some(ceiling) = &spec.judgement.ceiling {
        is_baseline(&known, ceiling, "`judgement.ceiling`")?;
    }
    if let Some(waiver) = spec.waivers.iter().find(|w| w.reason.trim().is_empty()) {
        return Err(format!("the waiver for `{}` gives no reason", waiver.column));
    }
    if let Some(trap) = &spec.trap
        && !spec.recipes.contains_key(&trap.recipe)
    {
        return Err(format!("`trap.recipe` names `{}`, which is no recipe", trap.recipe));
    }
    Ok(())
}

fn check_numbers(spec: &PipelineSpec) -> Result<(), String> {
    let (split, judgement) = (&spec.split, &spec.judgement);
    let inside = |x: f64| x > 0.0 && x < 1.0;
    let rows: [(&str, bool, &str); 10] = [
        ("split.test_fraction", inside(split.test_fraction), "between 0 and 1"),
        ("split.folds", (2..=50).contains(&split.folds), "between 2 and 50"),
        ("split.repeats", (1..=100).contains(&split.repeats), "between 1 and 100"),
        ("split.inner_folds", (2..=50).contains(&split.inner_folds), "between 2 and 50"),
        ("judgement.miss_cost", positive(judgement.miss_cost), "above 0"),
        ("judgement.false_alarm_cost", positive(judgement.false_alarm_cost), "above 0"),
        (
            "judgement.replicates",
            (100..=1_000_000).contains(&judgement.replicates),
            "between 100 and 1,000,000",
        ),
        ("judgement.level", inside(judgement.level), "between 0 and 1"),
        (
            "judgement.champion_tolerance",
            judgement.champion_tolerance.is_finite() && judgement.champion_tolerance >= 0.0,
            "at least 0",
        ),
        ("judgement.minimum_events", judgement.minimum_events > 0, "above 0"),
    ];
    match rows.into_iter().find(|(_, holds, _)| !holds) {
        Some((key, _, expected)) => Err(format!("`{key}` must be {expected}")),
        None => Ok(()),
    }
}

fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

fn is_baseline(known: &BTreeSet<&str>, name: &str, place: &str) -> Result<(), String> {
    if known.contains(name) {
        return Ok(());
    }
    let hint = nearest(name, known.iter().copied())
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    Err(format!("{place} names baseline `{name}`, which is not under `[baselines]`{hint}"))
}
