//! What a source says of a model: where it is now, and what there is.

use std::collections::BTreeMap;

use gauntlet_core::{Alias, Digest, ModelName, Origin, Version};
use serde::{Deserialize, Serialize};

/// Where the wanted version of a model is at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Located {
    /// The model.
    pub(crate) model: ModelName,
    /// The version; 0 for a folder that no registry numbers.
    pub(crate) version: Version,
    /// The alias that led here.
    pub(crate) alias: Option<Alias>,
    /// The bundle's digest; `None` where the source does not know one before the model was fetched.
    pub(crate) digest: Option<Digest>,
    /// Where its rows came from, as far as the source says.
    pub(crate) origin: Option<Origin>,
    /// Where its files are, in the source's own words.
    pub(crate) artifact: String,
    /// Changes when the files do, where there is no digest to tell.
    pub(crate) stamp: Option<String>,
    /// When it last changed, in milliseconds since 1970; 0 if the source does not say.
    pub(crate) updated_ms: i64,
    /// The run that made it.
    pub(crate) run_id: Option<String>,
    /// What it is, for people.
    pub(crate) description: Option<String>,
    /// The version's tags.
    pub(crate) tags: BTreeMap<String, String>,
}

impl Located {
    /// Whether the same files are meant, so that nothing has to be loaded again.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    /// What tells these files from others of this source.
    pub(crate) fn identity(&self) -> String {
        let files = match (&self.digest, &self.stamp) {
            (Some(digest), _) => digest.hex(),
            (None, stamp) => format!("{} {}", self.artifact, stamp.as_deref().unwrap_or_default()),
        };
        format!("{} {} {files}", self.model, self.version)
    }
}

/// A model as `GET /api/v1/ml/models` lists it. Fields that a source does not know are `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ListedModel {
    pub(crate) name: ModelName,
    pub(crate) description: Option<String>,
    pub(crate) latest_version: Option<Version>,
    /// Milliseconds since 1970.
    pub(crate) creation_timestamp: Option<i64>,
    /// Milliseconds since 1970.
    pub(crate) last_updated_timestamp: Option<i64>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Tags of the latest version.
    pub(crate) version_tags: BTreeMap<String, String>,
    pub(crate) current_stage: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) aliases: BTreeMap<Alias, Version>,
    /// The bundle of the latest version.
    pub(crate) digest: Option<Digest>,
}

impl ListedModel {
    /// A model of which nothing is known but its name.
    pub(crate) fn named(name: ModelName) -> Self {
        Self {
            name,
            description: None,
            latest_version: None,
            creation_timestamp: None,
            last_updated_timestamp: None,
            tags: BTreeMap::new(),
            version_tags: BTreeMap::new(),
            current_stage: None,
            run_id: None,
            aliases: BTreeMap::new(),
            digest: None,
        }
    }
}

/// A version as `GET /api/v1/ml/models/{name}/versions` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ListedVersion {
    pub(crate) version: Version,
    pub(crate) current_stage: Option<String>,
    pub(crate) status: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) creation_timestamp: Option<i64>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) digest: Option<Digest>,
}
