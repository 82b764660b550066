//! What the registry holds, read through the program, and whether all of it fits together.

use std::collections::{BTreeMap, BTreeSet};

use gauntlet_core::Digest;
use gauntlet_registry::{published, verify_folder};
use serde_json::Value;

use crate::project::Project;

/// Model to alias to version.
pub(crate) type Aliases = BTreeMap<String, BTreeMap<String, u64>>;

impl Project {
    /// Where every alias of every model is.
    pub(crate) fn aliases(&self) -> Aliases {
        let models = self.gauntlet(&["registry", "list", "--json"]).succeeds().json();
        let aliases = |model: &Value| -> BTreeMap<String, u64> {
            serde_json::from_value(model["aliases"].clone()).unwrap()
        };
        let name = |model: &Value| model["model"].as_str().unwrap().to_owned();
        models.as_array().unwrap().iter().map(|model| (name(model), aliases(model))).collect()
    }

    /// All versions of a model.
    pub(crate) fn versions(&self, model: &str) -> Vec<Value> {
        let versions = self.gauntlet(&["registry", "show", model, "--json"]).succeeds().json();
        versions.as_array().unwrap().clone()
    }

    /// Demands that every version has its sound bundle, every alias an existing version, and that the
    /// pointer files say what the database says.
    #[track_caller]
    pub(crate) fn assert_consistent(&self) {
        let aliases = self.aliases();
        let mut expected = BTreeSet::new();
        for (model, aliases) in &aliases {
            let versions = self.versions(model);
            assert!(!versions.is_empty(), "`{model}` has no versions");
            let mut digests = BTreeMap::new();
            for version in &versions {
                let digest: Digest = version["digest"].as_str().unwrap().parse().unwrap();
                let folder = self.path("registry").join(version["artifact"].as_str().unwrap());
                verify_folder(&folder, &digest).unwrap();
                assert!(version["verdict"]["decision"].is_string(), "{version}");
                digests.insert(version["version"].as_u64().unwrap(), digest);
            }
            for (alias, version) in aliases {
                let digest = digests.get(version);
                let digest = digest.unwrap_or_else(|| panic!("{model}@{alias} is at nothing"));
                expected.insert((model.clone(), alias.clone(), *version, *digest));
            }
        }
        // Opening the registry to list it has repaired the pointers.
        let found: BTreeSet<_> = published::list(&self.path("registry"))
            .unwrap()
            .into_iter()
            .map(|p| (p.model.into(), p.alias.into(), u64::from(p.version.0), p.digest))
            .collect();
        assert_eq!(found, expected);
    }
}
