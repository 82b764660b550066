//! Which models and versions there are: as the registry lists them, or, while it cannot be asked, those
//! that are served.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gauntlet_core::{Alias, ModelName};
use serde::Serialize;

use crate::live::{Models, Slot};
use crate::problem::Problem;
use crate::sources::{ListedModel, ListedVersion, Sources};

/// For how long a list is given out again before the registry is asked anew.
const FRESH: Duration = Duration::from_secs(2);

/// The lists of the registry.
#[derive(Debug)]
pub(crate) struct Catalogue {
    sources: Arc<Sources>,
    models: Arc<Models>,
    latest: Mutex<Option<(Instant, Arc<Vec<ListedModel>>)>>,
}

/// A version, as the guide lists it.
#[derive(Debug, Serialize)]
pub(crate) struct Version {
    #[serde(flatten)]
    listed: ListedVersion,
    /// Whether this server answers with it.
    served: bool,
}

impl Catalogue {
    pub(crate) fn new(sources: Arc<Sources>, models: Arc<Models>) -> Self {
        Self { sources, models, latest: Mutex::default() }
    }

    /// The registry's name, for people.
    pub(crate) fn registry(&self) -> String {
        self.sources.registry()
    }

    /// All models: those of the registry, and those served from elsewhere.
    pub(crate) async fn models(&self) -> Arc<Vec<ListedModel>> {
        let known = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, models)) = &known
            && at.elapsed() < FRESH
        {
            return models.clone();
        }
        let mut models = match self.sources.catalogue().await {
            Ok(models) => models,
            Err(error) => {
                tracing::warn!(%error, "the registry does not list its models");
                known.map(|(_, models)| Vec::clone(&models)).unwrap_or_default()
            }
        };
        for slot in self.models.slots() {
            if !models.iter().any(|model| model.name == slot.wanted.model) {
                models.push(listed(&slot));
            }
        }
        models.sort_by(|a, b| a.name.cmp(&b.name));
        let models = Arc::new(models);
        let latest = Some((Instant::now(), models.clone()));
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = latest;
        models
    }

    /// The versions of a model, newest first.
    pub(crate) async fn versions(&self, name: &str) -> Result<Vec<Version>, Problem> {
        let served = self.models.of(name).unwrap_or_default();
        let model: ModelName =
            name.parse().map_err(|error| Problem::not_found(format!("{error}")))?;
        let mut versions = match self.sources.versions(&model).await {
            Ok(versions) => versions,
            Err(error) if served.is_empty() => {
                return Err(Problem::not_found(format!("model `{name}` is not known: {error}")));
            }
            Err(_) => Vec::new(),
        };
        for slot in &served {
            let version = slot.current().located.version;
            if !versions.iter().any(|listed| listed.version == version) {
                versions.push(listed_version(slot));
            }
        }
        versions.sort_by_key(|listed| std::cmp::Reverse(listed.version));
        let now: Vec<_> = served.iter().map(|slot| slot.current().located.version).collect();
        let served = |listed: ListedVersion| {
            let served = now.contains(&listed.version);
            Version { listed, served }
        };
        Ok(versions.into_iter().map(served).collect())
    }
}

/// A model of which only what is served is known.
fn listed(slot: &Slot) -> ListedModel {
    let served = slot.current();
    let mut model = ListedModel::named(slot.wanted.model.clone());
    let located = &served.located;
    model.description = located.description.clone();
    model.latest_version = Some(located.version);
    model.last_updated_timestamp = Some(located.updated_ms).filter(|ms| *ms > 0);
    model.version_tags = located.tags.clone();
    model.current_stage = Some("None".to_owned());
    model.run_id = located.run_id.clone();
    model.aliases.extend(located.alias.clone().map(|alias| (alias, located.version)));
    model.digest = Some(served.digest);
    model
}

fn listed_version(slot: &Slot) -> ListedVersion {
    let served = slot.current();
    let located = &served.located;
    let aliases: Vec<Alias> = located.alias.clone().into_iter().collect();
    ListedVersion {
        version: located.version,
        current_stage: Some("None".to_owned()),
        status: Some("READY".to_owned()),
        creation_timestamp: Some(located.updated_ms).filter(|ms| *ms > 0),
        aliases,
        digest: Some(served.digest),
    }
}
