//! `registry.toml`: where state and artefacts live, and who may move which alias.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gauntlet_core::Alias;
use gauntlet_registry::rules::AliasPolicy;
use gauntlet_registry::{RegistryError, Result, published, resolve_inside};
use serde::Deserialize;

/// The file's name, below the registry's root.
pub(crate) const FILE: &str = "registry.toml";

/// The settings format this build reads.
const FORMAT: u32 = 1;

/// The settings of an embedded registry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Format of the file.
    pub format: u32,
    /// The database, relative to the root.
    pub database: String,
    /// The folder of the artefacts, relative to the root.
    pub artifacts: String,
    /// How long a writer waits for another one.
    pub lock_wait_seconds: u64,
    /// Who may move an alias; anyone may move one that is not listed.
    pub aliases: BTreeMap<Alias, AliasPolicy>,
    /// What MLflow's own endpoints may not change.
    pub protected: Protection,
}

/// Which models and aliases MLflow's own endpoints may not change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Protection {
    /// Whether models with a bundle are protected: those that a pipeline registered.
    pub pipelines: bool,
    /// Names of further protected models; `*` stands for any text.
    pub models: Vec<String>,
    /// The aliases of a protected model that move only by compare-and-swap.
    pub aliases: BTreeSet<Alias>,
}

impl Default for Protection {
    fn default() -> Self {
        Self { pipelines: true, models: vec![], aliases: BTreeSet::from([Alias::champion()]) }
    }
}

impl Protection {
    /// Whether the operator lists the model.
    #[must_use]
    pub fn lists(&self, model: &str) -> bool {
        self.models.iter().any(|pattern| matches(pattern, model))
    }

    /// Whether the alias of a protected model moves only by compare-and-swap.
    #[must_use]
    pub fn holds(&self, alias: &str) -> bool {
        self.aliases.iter().any(|held| held.as_str() == alias)
    }
}

/// Whether `text` is what `pattern` describes; `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: FORMAT,
            database: "registry.db".to_owned(),
            artifacts: "artifacts".to_owned(),
            lock_wait_seconds: 60,
            aliases: BTreeMap::new(),
            protected: Protection::default(),
        }
    }
}

impl Settings {
    /// The settings in `root`; the defaults if there is no `registry.toml`.
    ///
    /// # Errors
    /// The file cannot be parsed, has an unknown key or format, or names a path outside the root.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let unusable = |problem: String| RegistryError::Settings { path: path.clone(), problem };
        let settings: Self =
            toml::from_str(&fs_err::read_to_string(&path)?).map_err(|e| unusable(e.to_string()))?;
        if settings.format != FORMAT {
            let problem = format!("format {} is not known, only {FORMAT}", settings.format);
            return Err(unusable(problem));
        }
        for (key, value) in [("database", &settings.database), ("artifacts", &settings.artifacts)] {
            resolve_inside(root, value).map_err(|e| unusable(format!("{key}: {e}")))?;
            if value.split('/').next() == Some(published::FOLDER) {
                let problem = format!("{key}: `{}` is the pointers' folder", published::FOLDER);
                return Err(unusable(problem));
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        fs_err::write(dir.path().join(FILE), text).unwrap();
        Settings::read(dir.path()).map_err(|e| e.to_string())
    }

    #[test]
    fn the_committed_file_says_what_holds_without_it() {
        let committed = read(include_str!("../../../registry/registry.toml")).unwrap();
        let everyone = AliasPolicy { movers: vec!["*".into()], force: vec!["*".into()] };
        let aliases = BTreeMap::from([(Alias::champion(), everyone)]);
        assert_eq!(committed, Settings { aliases, ..Settings::default() });
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Settings::read(dir.path()).unwrap(), Settings::default());
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in
            [("a", "a"), ("*", ""), ("a*", "ab"), ("*_prod", "x_prod"), ("a*b*c", "a1b2c")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a", "ab"), ("a*", "ba"), ("*_prod", "x_prod2"), ("a*b*c", "acb"), ("ab*b", "ab")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn keys_formats_and_paths_that_cannot_be_used_are_named() {
        for (text, expected) in [
            ("databse = 'x'", "databse"),
            ("format = 2", "format 2"),
            ("artifacts = '../a'", "artifacts: path `../a` leaves"),
            ("database = '/etc/x'", "database"),
            ("artifacts = 'published/x'", "pointers' folder"),
            ("[aliases.champion]\nmover = []", "mover"),
            ("[aliases.latest]", "latest"),
            ("[protected]\nmodel = ['x']", "model"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(expected) && message.contains(FILE), "{message}");
        }
    }
}
