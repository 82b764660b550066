//! What callers ask for, and the checks that need no registry: names, lengths, tags, doubles.
//!
//! Limits are MLflow's. Where MLflow silently cuts a long value, this registry refuses it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use gauntlet_core::{Alias, Digest, Manifest, ModelName, Origin, Verdict, Version};

use crate::{RegistryError, Result, rules};

/// Tags that every version carries, because rules and people depend on them.
#[derive(Debug, Clone, Copy)]
pub struct Tag;

impl Tag {
    /// `real` or `simulated`: where the version's rows came from.
    pub const ORIGIN: &'static str = "data.origin";
    /// The digest of the version's bundle.
    pub const BUNDLE: &'static str = "gauntlet.bundle_digest";
    /// The run above a run, as MLflow names it.
    pub const PARENT: &'static str = "mlflow.parentRunId";
    /// Why a trial failed.
    pub const FAILURE: &'static str = "gauntlet.failure";
}

/// Everything one run registers.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The experiment its runs belong to; created if it does not exist.
    pub experiment: String,
    /// Who registers.
    pub who: String,
    /// Why, for the history of the aliases that move.
    pub reason: String,
    /// When the run began, in milliseconds since 1970; now if not given.
    pub started_ms: Option<i64>,
    /// The versions.
    pub versions: Vec<NewVersion>,
}

/// One version to register.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The name to register it under.
    pub model: ModelName,
    /// A local folder holding its bundle.
    pub bundle: PathBuf,
    /// The digest of that bundle's manifest.
    pub digest: Digest,
    /// What the gate decided about it.
    pub verdict: Verdict,
    /// Parameters of its run.
    pub params: BTreeMap<String, String>,
    /// Metrics of its run; NaN and infinities are kept as MLflow keeps them.
    pub metrics: BTreeMap<String, f64>,
    /// Tags, among them those of [`Tag`].
    pub tags: BTreeMap<String, String>,
    /// What it is, for people.
    pub description: String,
    /// Aliases to move to it.
    pub aliases: Vec<AliasMove>,
    /// What was tried on the way to it: runs below its run.
    pub trials: Vec<TrialRun>,
}

/// A run below that of a version, which made nothing itself: a trial of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialRun {
    /// Its name.
    pub name: String,
    /// What was tried.
    pub params: BTreeMap<String, String>,
    /// How it did.
    pub metrics: BTreeMap<String, f64>,
    /// Why it did not, if it failed.
    pub failure: Option<String>,
}

/// An alias to move to a version that is being registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasMove {
    /// The alias.
    pub alias: Alias,
    /// Where it is thought to be; `None` is nowhere.
    pub expect: Option<Version>,
    /// Whether to move `champion` although the gate did not promote the version.
    pub force: bool,
}

/// An alias to move to a version that is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: Alias,
    /// The version to move it to.
    pub to: Version,
    /// Where it is thought to be; `None` is nowhere.
    pub expect: Option<Version>,
    /// Whether to move `champion` although the gate did not promote the version.
    pub force: bool,
    /// Who moves it.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// A move of an alias to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: Alias,
    /// Who takes it back.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// The digest of a verdict: of its compact JSON.
///
/// # Errors
/// A reason or name that JSON cannot hold; there is none today.
pub fn verdict_digest(verdict: &Verdict) -> Result<Digest> {
    match serde_json::to_vec(verdict) {
        Ok(bytes) => Ok(Digest::of(&bytes)),
        Err(error) => Err(invalid("verdict", "", &error.to_string())),
    }
}

impl Registration {
    /// Checks all that can be checked without a registry.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub fn check(&self) -> Result<()> {
        length("experiment", &self.experiment, 1, 256)?;
        check_actor(&self.who, &self.reason)?;
        let (mut bundles, mut aliases) = (BTreeSet::new(), BTreeSet::new());
        for version in &self.versions {
            version.check()?;
            if !bundles.insert((&version.model, version.digest)) {
                return Err(invalid("bundle", version.digest, "it stands twice in this batch"));
            }
            for alias in &version.aliases {
                rules::check_alias_name(&alias.alias)?;
                rules::check_reason(alias.force, &self.reason)?;
                if !aliases.insert((&version.model, &alias.alias)) {
                    let rule = format!("two versions of `{}` claim it", version.model);
                    return Err(invalid("alias", &alias.alias, &rule));
                }
            }
        }
        Ok(())
    }
}

impl NewVersion {
    /// The origin its tags state.
    ///
    /// # Errors
    /// The tag is missing or neither `real` nor `simulated`.
    pub fn origin(&self) -> Result<Origin> {
        let text = self.tag(Tag::ORIGIN)?;
        rules::parse_origin(text)
            .ok_or_else(|| invalid("tag data.origin", text, "it is `real` or `simulated`"))
    }

    /// Checks that the tags say what the manifest says.
    ///
    /// # Errors
    /// The tags name another origin.
    pub fn check_manifest(&self, manifest: &Manifest) -> Result<()> {
        let (tagged, made_from) = (self.origin()?, manifest.lineage.origin);
        if tagged == made_from {
            return Ok(());
        }
        let rule = format!("the bundle was made from {made_from} rows");
        Err(invalid("tag data.origin", tagged, &rule))
    }

    fn tag(&self, key: &'static str) -> Result<&str> {
        self.tags
            .get(key)
            .map(String::as_str)
            .ok_or_else(|| invalid("tags", &self.model, &format!("they lack `{key}`")))
    }

    fn check(&self) -> Result<()> {
        self.origin()?;
        let bundle = self.tag(Tag::BUNDLE)?;
        if bundle.parse() != Ok(self.digest) {
            let rule = format!("the bundle is {}", self.digest);
            return Err(invalid("tag gauntlet.bundle_digest", bundle, &rule));
        }
        length("description", &self.description, 0, 5000)?;
        for (key, value) in &self.params {
            check_key("param", key)?;
            length("param value", value, 0, 6000)?;
        }
        for key in self.metrics.keys() {
            check_key("metric", key)?;
        }
        for (key, value) in &self.tags {
            check_key("tag", key)?;
            if key.starts_with("mlflow.") {
                return Err(invalid("tag", key, "names that start with `mlflow.` are reserved"));
            }
            length("tag value", value, 0, 5000)?;
        }
        self.trials.iter().try_for_each(TrialRun::check)
    }
}

impl TrialRun {
    fn check(&self) -> Result<()> {
        length("trial", &self.name, 1, 250)?;
        for (key, value) in &self.params {
            check_key("param", key)?;
            length("param value", value, 0, 6000)?;
        }
        for key in self.metrics.keys() {
            check_key("metric", key)?;
        }
        length("failure", self.failure.as_deref().unwrap_or_default(), 0, 5000)
    }
}

/// Checks who acts and the reason given.
pub(crate) fn check_actor(who: &str, reason: &str) -> Result<()> {
    length("who", who, 1, 256)?;
    length("reason", reason, 0, 5000)
}

pub(crate) fn invalid(
    field: &'static str,
    value: impl std::fmt::Display,
    rule: &str,
) -> RegistryError {
    RegistryError::Invalid { field, value: value.to_string(), rule: rule.to_owned() }
}

fn length(field: &'static str, value: &str, least: usize, most: usize) -> Result<()> {
    let chars = value.chars().count();
    if (least..=most).contains(&chars) {
        return Ok(());
    }
    let shown: String = value.chars().take(40).collect();
    let rule = format!("it has {chars} characters, from {least} to {most} are allowed");
    Err(invalid(field, shown, &rule))
}

/// MLflow's rule for the names of params, metrics and tags.
fn check_key(field: &'static str, key: &str) -> Result<()> {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '-' | ' ' | ':');
    let normal = key.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !key.is_empty() && key.chars().count() <= 250 && key.chars().all(word) && normal {
        return Ok(());
    }
    let rule = "1 to 250 letters, digits, `_`, `.`, `-`, `:`, spaces, or parts divided by `/`";
    Err(invalid(field, key, rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version() -> NewVersion {
        let digest = Digest::of(b"bundle");
        NewVersion {
            model: "m".parse().unwrap(),
            bundle: "bundle".into(),
            digest,
            verdict: Verdict::of(vec![]),
            params: BTreeMap::new(),
            metrics: BTreeMap::from([("test/f1".to_owned(), 0.5)]),
            tags: BTreeMap::from([
                (Tag::ORIGIN.to_owned(), "real".to_owned()),
                (Tag::BUNDLE.to_owned(), digest.to_string()),
            ]),
            description: String::new(),
            aliases: vec![],
            trials: vec![],
        }
    }

    fn trial(name: &str) -> TrialRun {
        let (params, metrics) = (BTreeMap::new(), BTreeMap::new());
        TrialRun { name: name.into(), params, metrics, failure: None }
    }

    fn check(change: impl Fn(&mut Registration)) -> Result<(), String> {
        let mut registration = Registration {
            experiment: "e".into(),
            who: "me".into(),
            reason: String::new(),
            started_ms: None,
            versions: vec![version()],
        };
        change(&mut registration);
        registration.check().map_err(|e| e.to_string())
    }

    #[test]
    fn a_complete_registration_passes() {
        assert_eq!(check(|_| ()), Ok(()));
    }

    #[test]
    fn the_error_names_the_field_that_breaks_a_rule() {
        type Change = fn(&mut Registration);
        let cases: [(Change, &str); 12] = [
            (|r| r.experiment.clear(), "experiment"),
            (|r| r.who.clear(), "who"),
            (|r| r.versions.push(version()), "stands twice"),
            (|r| r.versions[0].tags = BTreeMap::new(), "data.origin"),
            (|r| _ = r.versions[0].tags.insert(Tag::ORIGIN.into(), "fake".into()), "`fake`"),
            (|r| _ = r.versions[0].tags.insert(Tag::BUNDLE.into(), "x".into()), "bundle_digest"),
            (|r| _ = r.versions[0].tags.insert("mlflow.user".into(), "x".into()), "reserved"),
            (|r| _ = r.versions[0].metrics.insert("a/../b".into(), 1.0), "metric `a/../b`"),
            (|r| _ = r.versions[0].params.insert("a?".into(), String::new()), "param `a?`"),
            (|r| _ = r.versions[0].params.insert("a".into(), "x".repeat(6001)), "param value"),
            (|r| r.versions[0].description = "x".repeat(5001), "description"),
            (|r| r.versions[0].trials.push(trial("")), "trial"),
        ];
        for (change, expected) in cases {
            let message = check(change).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn force_asks_for_a_reason_and_an_alias_is_claimed_once() {
        let champion = |force| AliasMove { alias: Alias::champion(), expect: None, force };
        let forced = check(|r| r.versions[0].aliases.push(champion(true))).unwrap_err();
        assert!(forced.contains("reason"), "{forced}");
        let twice = check(|r| r.versions[0].aliases = vec![champion(false); 2]).unwrap_err();
        assert!(twice.contains("two versions"), "{twice}");
        let by_hand = AliasMove { alias: Alias::previous(), expect: None, force: false };
        assert!(check(|r| r.versions[0].aliases.push(by_hand.clone())).is_err());
    }

    #[test]
    fn equal_verdicts_have_equal_digests() {
        let digest = |name: &str| {
            let rule = gauntlet_core::Rule {
                name: name.into(),
                decision: gauntlet_core::Decision::Promote,
                reason: String::new(),
            };
            verdict_digest(&Verdict::of(vec![rule])).unwrap()
        };
        assert_eq!(digest("a"), digest("a"));
        assert_ne!(digest("a"), digest("b"));
    }
}
