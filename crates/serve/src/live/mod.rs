//! The models that answer, and how they change while they do.

mod served;
mod shadow;
mod side;
mod slot;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use gauntlet_core::{Alias, ModelName, Task};
use gauntlet_registry::Selector;

pub(crate) use served::Served;
pub(crate) use slot::Slot;
pub(crate) use watch::{Watcher, start};

use crate::eyes::metrics::Metrics;
use crate::eyes::settings::DriftSettings;
use crate::model::task_name;
use crate::problem::Problem;
use crate::read::Asked;

/// What served models are watched with.
#[derive(Debug, Clone)]
pub(crate) struct Watching {
    pub(crate) metrics: Arc<Metrics>,
    /// Nothing where drift is not watched.
    pub(crate) drift: Option<DriftSettings>,
}

/// Every place that is served, by model.
#[derive(Debug)]
pub(crate) struct Models {
    slots: ArcSwap<BTreeMap<ModelName, Vec<Arc<Slot>>>>,
    /// The model of protocols whose requests name none.
    default: Option<String>,
}

impl Models {
    /// The places to serve; `default` answers requests that name no model.
    pub(crate) fn new(slots: Vec<Slot>, default: Option<String>) -> Self {
        let mut models: BTreeMap<ModelName, Vec<Arc<Slot>>> = BTreeMap::new();
        for slot in slots {
            models.entry(slot.wanted.model.clone()).or_default().push(Arc::new(slot));
        }
        Self { slots: ArcSwap::from_pointee(models), default }
    }

    /// Whether nothing is served.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.load().is_empty()
    }

    /// Every place, by model.
    pub(crate) fn slots(&self) -> Vec<Arc<Slot>> {
        self.slots.load().values().flatten().cloned().collect()
    }

    /// The places of a model.
    pub(crate) fn of(&self, model: &str) -> Result<Vec<Arc<Slot>>, Problem> {
        let slots = self.slots.load();
        match model.parse::<ModelName>().ok().and_then(|model| slots.get(&model)) {
            Some(slots) => Ok(slots.clone()),
            None => {
                let known: Vec<&str> = slots.keys().map(ModelName::as_str).collect();
                let known = known.join(", ");
                let detail = format!("model `{model}` is not served; served are {known}");
                Err(Problem::not_found(detail))
            }
        }
    }

    /// The models of one task, sorted.
    pub(crate) fn of_task(&self, task: &Task) -> Vec<ModelName> {
        let slots = self.slots.load();
        let is = |slot: &Arc<Slot>| slot.current().model.task() == Some(task);
        let models = slots.iter().filter(|(_, slots)| slots.iter().any(is));
        models.map(|(model, _)| model.clone()).collect()
    }

    /// Whether one of the models hears files of sound.
    pub(crate) fn hear_files(&self) -> bool {
        let hears = |slot: &Arc<Slot>| {
            slot.current().signal.as_ref().is_some_and(gauntlet_features::Signal::hears_files)
        };
        self.slots.load().values().flatten().any(hears)
    }

    /// What is served, each with its task, for messages.
    pub(crate) fn with_tasks(&self) -> String {
        let slots = self.slots.load();
        let named = |(model, slots): (&ModelName, &Vec<Arc<Slot>>)| {
            let task = slots.first().map(|slot| task_name(slot.current().model.task()));
            format!("{model} ({})", task.unwrap_or_default())
        };
        let named: Vec<String> = slots.iter().map(named).collect();
        if named.is_empty() { "nothing".to_owned() } else { named.join(", ") }
    }

    /// Adds a place.
    fn add(&self, slot: Slot) {
        let slot = Arc::new(slot);
        self.slots.rcu(|slots| {
            let mut slots = BTreeMap::clone(slots);
            slots.entry(slot.wanted.model.clone()).or_default().push(slot.clone());
            slots
        });
    }

    /// The place that a request asks for.
    pub(crate) fn find(&self, model: &str, asked: Asked) -> Result<Arc<Slot>, Problem> {
        let slots = self.of(model)?;
        let fits = |slot: &&Arc<Slot>| match asked {
            Asked::Auto => match &slot.wanted.which {
                Selector::Alias(alias) => *alias == Alias::champion(),
                Selector::Number(_) => slot.wanted.place.is_some(),
            },
            Asked::Number(version) => slot.current().located.version == version,
        };
        slots.iter().find(fits).cloned().ok_or_else(|| {
            let place = |slot: &Arc<Slot>| {
                let version = slot.current().located.version;
                match &slot.wanted.which {
                    Selector::Alias(alias) => format!("version {version} at @{alias}"),
                    Selector::Number(_) => format!("version {version}"),
                }
            };
            let places: Vec<String> = slots.iter().map(place).collect();
            let lacking = match asked {
                Asked::Auto => "at @champion".to_owned(),
                Asked::Number(version) => format!("in version {version}"),
            };
            let there = places.join(", ");
            Problem::not_found(format!("model `{model}` is not served {lacking}, but {there}"))
        })
    }

    /// The place of a request that names no model.
    pub(crate) fn default(&self) -> Result<Arc<Slot>, Problem> {
        let slots = self.slots.load();
        let only = (slots.len() == 1).then(|| slots.keys().next().map(ModelName::as_str)).flatten();
        match self.default.as_deref().or(only) {
            Some(model) => self.find(model, Asked::Auto),
            None => {
                let known: Vec<&str> = slots.keys().map(ModelName::as_str).collect();
                let known = known.join(", ");
                let detail = format!(
                    "several models are served: name one, as in /invocations?model=NAME: {known}"
                );
                Err(Problem::not_found(detail))
            }
        }
    }
}
