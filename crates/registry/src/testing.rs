//! The contract suite: what every registry does, whatever it keeps its names in.
//!
//! An implementation calls [`suite`] with a fresh registry, or single contracts by name. Each contract uses
//! model names of its own, so one registry can run them all. They panic where the contract is broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gauntlet_core::{
    Alias, Decision, Digest, FileEntry, Lineage, MANIFEST_FORMAT, Manifest, ModelName, Origin,
    Rule, Seed, Verdict, Version,
};

use crate::{
    AliasMove, EventKind, Kind, Move, Moved, NewVersion, Receipt, Registration, Registry, Rollback,
    Selector, Tag, Unobserved,
};

/// What a registry of another make may lack. The contracts then demand that it says so, not that it is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Moves of aliases are recorded, told, and taken back.
    pub history: bool,
}

impl Capabilities {
    /// A registry of ours, wherever it is.
    pub const ALL: Self = Self { history: true };
    /// A real MLflow.
    pub const MLFLOW: Self = Self { history: false };

    /// The number of events expected where a registry with history has `count`.
    fn events(self, count: usize) -> usize {
        if self.history { count } else { 0 }
    }
}

/// Runs every contract against an empty registry. `scratch` is a folder for bundles to register.
pub async fn suite(registry: &dyn Registry, scratch: &Path) {
    suite_with(registry, scratch, Capabilities::ALL).await;
}

/// Like [`suite`], for a registry that may lack something.
pub async fn suite_with(registry: &dyn Registry, scratch: &Path, can: Capabilities) {
    an_empty_registry_has_no_models(registry).await;
    a_registered_version_reads_back_whole(registry, scratch, can).await;
    what_does_not_exist_is_named(registry, scratch, can).await;
    the_same_bundle_is_one_version(registry, scratch, can).await;
    a_batch_is_all_or_nothing(registry, scratch, can).await;
    a_bundle_that_is_not_its_digest_is_refused(registry, scratch).await;
    champion_needs_a_promotion_or_force(registry, scratch, can).await;
    simulated_and_real_never_mix(registry, scratch).await;
    a_move_is_compare_and_swap(registry, scratch, can).await;
    previous_follows_champion(registry, scratch, can).await;
    if can.history {
        rollback_walks_back_through_history(registry, scratch).await;
    } else {
        history_and_rollback_are_unsupported(registry, scratch).await;
    }
    a_batch_may_register_nothing(registry).await;
}

/// Writes a bundle of two files below `scratch`, told apart by `content`.
#[must_use]
pub fn bundle(scratch: &Path, content: &str, origin: Origin) -> (PathBuf, Digest) {
    let name = Digest::of(format!("{content}{origin}").as_bytes()).short();
    let folder = scratch.join(name);
    fs_err::create_dir_all(folder.join("plots")).unwrap();
    let files = [("model.onnx", content.to_owned()), ("plots/roc.svg", format!("<svg/>{content}"))];
    let entries = files.map(|(path, text)| {
        fs_err::write(folder.join(path), &text).unwrap();
        let sha256 = Digest::of(text.as_bytes());
        FileEntry { path: path.to_owned(), size: text.len() as u64, sha256 }
    });
    let lineage = Lineage {
        gauntlet: "contract".into(),
        kind: "constant".into(),
        recipe: "raw".into(),
        origin,
        dataset: Digest::of(b"dataset"),
        split: Digest::of(b"split"),
        pipeline: Digest::of(b"pipeline"),
        seed: Seed(7),
    };
    let manifest = Manifest { format: MANIFEST_FORMAT, lineage, files: entries.into() };
    let bytes = serde_json::to_vec_pretty(&manifest).unwrap();
    fs_err::write(folder.join("manifest.json"), &bytes).unwrap();
    (folder, Digest::of(&bytes))
}

/// A version of `model` with a bundle made from `content`; names that end with `_sim` get simulated rows.
#[must_use]
pub fn new_version(scratch: &Path, model: &str, content: &str, decision: Decision) -> NewVersion {
    let origin = if model.ends_with("_sim") { Origin::Simulated } else { Origin::Real };
    new_version_from(scratch, model, content, decision, origin)
}

/// Like [`new_version`], with rows of a given origin.
#[must_use]
pub fn new_version_from(
    scratch: &Path,
    model: &str,
    content: &str,
    decision: Decision,
    origin: Origin,
) -> NewVersion {
    let (folder, digest) = bundle(scratch, content, origin);
    let rule = Rule { name: "contract".into(), decision, reason: "because".into() };
    NewVersion {
        model: model.parse().unwrap(),
        bundle: folder,
        digest,
        verdict: Verdict::of(vec![rule]),
        params: BTreeMap::from([("depth".to_owned(), "3".to_owned())]),
        metrics: BTreeMap::from([("test.f1".to_owned(), 0.75), ("test.auc".to_owned(), f64::NAN)]),
        tags: BTreeMap::from([
            (Tag::ORIGIN.to_owned(), origin.to_string()),
            (Tag::BUNDLE.to_owned(), digest.to_string()),
        ]),
        description: format!("made of {content}"),
        aliases: vec![],
        trials: vec![],
    }
}

/// A batch of `versions` in the experiment `contract`.
#[must_use]
pub fn batch(versions: Vec<NewVersion>) -> Registration {
    Registration {
        experiment: "contract".into(),
        who: "ann".into(),
        reason: "the contract says so".into(),
        started_ms: None,
        versions,
    }
}

/// A move of `champion` of `model`.
#[must_use]
pub fn champion_move(model: &str, expect: Option<u32>, to: u32) -> Move {
    Move {
        model: model.parse().unwrap(),
        alias: Alias::champion(),
        to: Version(to),
        expect: expect.map(Version),
        force: false,
        who: "ann".into(),
        reason: "the contract says so".into(),
    }
}

/// A rollback of `champion` of `model`.
#[must_use]
pub fn champion_rollback(model: &str) -> Rollback {
    Rollback {
        model: model.parse().unwrap(),
        alias: Alias::champion(),
        who: "bob".into(),
        reason: "it misbehaved".into(),
    }
}

/// Registers versions 1 to `count` of `model`, all promoted, none with an alias.
pub async fn promoted(registry: &dyn Registry, scratch: &Path, model: &str, count: usize) {
    for number in 1..=count {
        let content = format!("{model} {number}");
        let version = new_version(scratch, model, &content, Decision::Promote);
        register(registry, batch(vec![version])).await;
    }
}

async fn register(registry: &dyn Registry, registration: Registration) -> Receipt {
    registry.register(&registration, &Unobserved).await.unwrap()
}

async fn refused(registry: &dyn Registry, registration: Registration) -> Kind {
    registry.register(&registration, &Unobserved).await.unwrap_err().kind()
}

async fn at(registry: &dyn Registry, model: &str, alias: Alias) -> Option<u32> {
    registry.find_alias(&name(model), &alias).await.unwrap().map(|v| v.0)
}

fn name(model: &str) -> ModelName {
    model.parse().unwrap()
}

fn claim(alias: Alias, expect: Option<u32>, force: bool) -> AliasMove {
    AliasMove { alias, expect: expect.map(Version), force }
}

/// A fresh registry lists nothing.
pub async fn an_empty_registry_has_no_models(registry: &dyn Registry) {
    assert_eq!(registry.models().await.unwrap(), []);
}

/// Everything given at registration comes back, NaN included.
pub async fn a_registered_version_reads_back_whole(
    registry: &dyn Registry,
    scratch: &Path,
    can: Capabilities,
) {
    let mut given = new_version(scratch, "whole", "whole", Decision::Promote);
    given.tags.insert("team".into(), "blue".into());
    given.metrics.insert("test.loss".into(), -0.0);
    given.aliases.push(claim(Alias::champion(), None, false));
    let receipt = register(registry, batch(vec![given.clone()])).await;
    assert_eq!((receipt.versions.len(), receipt.events.len()), (1, can.events(1)));
    assert!(!receipt.versions[0].existing);

    let found = registry.version(&name("whole"), &Selector::Number(Version(1))).await.unwrap();
    let by_alias = Selector::Alias(Alias::champion());
    let same = registry.version(&name("whole"), &by_alias).await.unwrap();
    assert_eq!((same.version, same.run_id.clone()), (found.version, found.run_id.clone()));
    assert_eq!(found.aliases, [Alias::champion()]);
    assert_eq!((found.digest, found.origin), (Some(given.digest), Some(Origin::Real)));
    assert_eq!(found.verdict.as_ref(), Some(&given.verdict));
    assert_eq!(found.params, given.params);
    assert!(found.metrics["test.auc"].is_nan());
    assert_eq!((found.metrics["test.f1"], found.metrics.len()), (0.75, 3));
    given.tags.iter().for_each(|(key, value)| assert_eq!(found.tags.get(key), Some(value)));
    assert_eq!(found.description, Some(given.description));
    assert_eq!(found.user.as_deref(), Some("ann"));
    assert_eq!(found.experiment.as_deref(), Some("contract"));
    let run = found.run_id.unwrap();
    assert_eq!(receipt.versions[0].run_id.as_ref(), Some(&run));
    assert!(run.len() == 32 && run.bytes().all(|b| b.is_ascii_hexdigit()), "{run}");

    let models = registry.models().await.unwrap();
    let model = models.iter().find(|m| m.model == name("whole")).unwrap();
    assert_eq!((model.versions, model.latest), (1, Some(Version(1))));
    assert_eq!(model.aliases, BTreeMap::from([(Alias::champion(), Version(1))]));

    if !can.history {
        return;
    }
    let events = registry.history(&name("whole")).await.unwrap();
    assert_eq!(events, receipt.events);
    let event = &events[0];
    assert_eq!((event.kind, event.from, event.to), (EventKind::Register, None, Some(Version(1))));
    assert_eq!((event.who.as_str(), event.forced), ("ann", false));
    assert_eq!(event.verdict_digest, found.verdict_digest);
    assert!(event.verdict_digest.is_some());
}

/// Unknown models, versions and aliases are errors of kind `NotFound` that say what there is.
pub async fn what_does_not_exist_is_named(
    registry: &dyn Registry,
    scratch: &Path,
    can: Capabilities,
) {
    promoted(registry, scratch, "exists", 1).await;
    let missing = registry.versions(&name("nowhere")).await.unwrap_err();
    assert_eq!(missing.kind(), Kind::NotFound);
    assert!(missing.to_string().contains("nowhere"), "{missing}");
    let nine = registry.version(&name("exists"), &Selector::Number(Version(9))).await.unwrap_err();
    assert_eq!((nine.kind(), nine.retryable()), (Kind::NotFound, false));
    let alias = registry.alias(&name("exists"), &Alias::champion()).await.unwrap_err();
    assert_eq!(alias.kind(), Kind::NotFound);
    assert_eq!(registry.find_alias(&name("nowhere"), &Alias::champion()).await.unwrap(), None);
    let to_nine = registry.move_alias(&champion_move("exists", None, 9)).await.unwrap_err();
    assert_eq!(to_nine.kind(), Kind::NotFound);
    if can.history {
        assert_eq!(registry.history(&name("nowhere")).await.unwrap_err().kind(), Kind::NotFound);
        let back = registry.rollback(&champion_rollback("nowhere")).await.unwrap_err();
        assert_eq!(back.kind(), Kind::NotFound);
    }
}

/// Registering a bundle again adds nothing, not even an event; an alias it still needs does move.
pub async fn the_same_bundle_is_one_version(
    registry: &dyn Registry,
    scratch: &Path,
    can: Capabilities,
) {
    let version = new_version(scratch, "same", "same", Decision::Promote);
    let first = register(registry, batch(vec![version.clone()])).await;
    let again = register(registry, batch(vec![version.clone()])).await;
    assert!(again.versions[0].existing && again.events.is_empty());
    assert_eq!(again.versions[0].version, first.versions[0].version);
    assert_eq!(again.versions[0].run_id, first.versions[0].run_id);

    let champion = NewVersion { aliases: vec![claim(Alias::champion(), None, false)], ..version };
    let moved = register(registry, batch(vec![champion.clone()])).await;
    assert!(moved.versions[0].existing);
    assert_eq!(moved.events.len(), can.events(1));
    assert_eq!(at(registry, "same", Alias::champion()).await, Some(1));
    let retried = register(registry, batch(vec![champion])).await;
    assert!(retried.events.is_empty(), "a completed batch may be sent again");
    assert_eq!(registry.versions(&name("same")).await.unwrap().len(), 1);

    let elsewhere = new_version(scratch, "same_elsewhere", "same", Decision::Promote);
    assert!(!register(registry, batch(vec![elsewhere])).await.versions[0].existing);
}

/// One version that cannot be registered leaves none of its batch, and no model either.
pub async fn a_batch_is_all_or_nothing(registry: &dyn Registry, scratch: &Path, can: Capabilities) {
    let good = new_version(scratch, "batch_good", "good", Decision::Promote);
    let mut bad = new_version(scratch, "batch_bad", "bad", Decision::Hold);
    bad.aliases.push(claim(Alias::champion(), None, false));
    assert_eq!(refused(registry, batch(vec![good.clone(), bad.clone()])).await, Kind::Refused);
    bad.aliases[0] = claim(Alias::challenger(), Some(4), false);
    assert_eq!(refused(registry, batch(vec![good.clone(), bad.clone()])).await, Kind::Conflict);
    for model in ["batch_good", "batch_bad"] {
        let error = registry.versions(&name(model)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{model}");
    }
    bad.aliases[0] = claim(Alias::challenger(), None, false);
    let receipt = register(registry, batch(vec![good, bad])).await;
    assert_eq!((receipt.versions.len(), receipt.events.len()), (2, can.events(1)));
    assert_eq!(at(registry, "batch_bad", Alias::challenger()).await, Some(1));
}

/// A flipped byte, a file too many and a missing folder are found before any name is written.
pub async fn a_bundle_that_is_not_its_digest_is_refused(registry: &dyn Registry, scratch: &Path) {
    let version = new_version(scratch, "broken", "broken", Decision::Promote);
    let file = version.bundle.join("model.onnx");
    fs_err::write(&file, "brokem").unwrap();
    assert_eq!(refused(registry, batch(vec![version.clone()])).await, Kind::Damaged);
    fs_err::write(&file, "broken").unwrap();
    fs_err::write(version.bundle.join("extra"), "").unwrap();
    assert_eq!(refused(registry, batch(vec![version.clone()])).await, Kind::Damaged);
    fs_err::remove_file(version.bundle.join("extra")).unwrap();
    let nowhere = NewVersion { bundle: scratch.join("nowhere"), ..version.clone() };
    assert_eq!(refused(registry, batch(vec![nowhere])).await, Kind::NotFound);
    assert!(registry.versions(&name("broken")).await.is_err());
    register(registry, batch(vec![version])).await;
}

/// Hold and Reject do not become champion, except by force, which is recorded and asks for a reason.
pub async fn champion_needs_a_promotion_or_force(
    registry: &dyn Registry,
    scratch: &Path,
    can: Capabilities,
) {
    let held = new_version(scratch, "held", "held", Decision::Hold);
    register(registry, batch(vec![held])).await;
    let request = champion_move("held", None, 1);
    let refused = registry.move_alias(&request).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Refused);
    let silent = Move { force: true, reason: " ".into(), ..request.clone() };
    assert_eq!(registry.move_alias(&silent).await.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(at(registry, "held", Alias::champion()).await, None);
    let moved = registry.move_alias(&Move { force: true, ..request }).await.unwrap();
    assert_eq!(at(registry, "held", Alias::champion()).await, Some(1));
    if can.history {
        assert!(moved.events[0].forced);
        assert!(registry.history(&name("held")).await.unwrap()[0].forced);
    }
}

/// No alias of a real name takes a simulated version, nor the other way round, by force or not.
pub async fn simulated_and_real_never_mix(registry: &dyn Registry, scratch: &Path) {
    for (model, origin) in [("mix", Origin::Simulated), ("mix_sim", Origin::Real)] {
        let version = new_version_from(scratch, model, "mix", Decision::Promote, origin);
        for alias in [Alias::champion(), Alias::challenger()] {
            let aliases = vec![claim(alias, None, true)];
            let claimed = NewVersion { aliases, ..version.clone() };
            assert_eq!(refused(registry, batch(vec![claimed])).await, Kind::Refused);
        }
        let mut tagged = version.clone();
        let other = if origin == Origin::Real { "simulated" } else { "real" };
        tagged.tags.insert(Tag::ORIGIN.into(), other.into());
        assert_eq!(refused(registry, batch(vec![tagged])).await, Kind::Invalid, "a false tag");
        register(registry, batch(vec![version])).await;
        let request = Move { force: true, ..champion_move(model, None, 1) };
        assert_eq!(registry.move_alias(&request).await.unwrap_err().kind(), Kind::Refused);
    }
    let simulated = new_version(scratch, "only_sim", "only", Decision::Promote);
    let aliases = vec![claim(Alias::champion(), None, false)];
    register(registry, batch(vec![NewVersion { aliases, ..simulated }])).await;
    assert_eq!(at(registry, "only_sim", Alias::champion()).await, Some(1));
}

/// A move from where the alias is not is a conflict that names both places and changes nothing.
pub async fn a_move_is_compare_and_swap(
    registry: &dyn Registry,
    scratch: &Path,
    can: Capabilities,
) {
    promoted(registry, scratch, "swap", 3).await;
    registry.move_alias(&champion_move("swap", None, 1)).await.unwrap();
    for expect in [None, Some(2)] {
        let error = registry.move_alias(&champion_move("swap", expect, 3)).await.unwrap_err();
        assert_eq!((error.kind(), error.retryable()), (Kind::Conflict, false));
        assert!(error.to_string().contains("is at version 1"), "{error}");
    }
    assert_eq!(at(registry, "swap", Alias::champion()).await, Some(1));
    let there = registry.move_alias(&champion_move("swap", Some(1), 1)).await.unwrap();
    assert!(there.events.is_empty(), "nothing to do, nothing written");
    if can.history {
        assert_eq!(registry.history(&name("swap")).await.unwrap().len(), 1);
    }
    let moved: Moved = registry.move_alias(&champion_move("swap", Some(1), 3)).await.unwrap();
    assert_eq!((moved.from, moved.to), (Some(Version(1)), Version(3)));
}

/// `previous` is where `champion` was last, in every way it moves, and cannot be moved by hand.
pub async fn previous_follows_champion(registry: &dyn Registry, scratch: &Path, can: Capabilities) {
    promoted(registry, scratch, "follow", 2).await;
    registry.move_alias(&champion_move("follow", None, 1)).await.unwrap();
    assert_eq!(at(registry, "follow", Alias::previous()).await, None);
    let moved = registry.move_alias(&champion_move("follow", Some(1), 2)).await.unwrap();
    let kinds: Vec<EventKind> = moved.events.iter().map(|e| e.kind).collect();
    let expected = [EventKind::Move, EventKind::Follow];
    assert_eq!(kinds, expected[..can.events(2)]);
    assert_eq!(at(registry, "follow", Alias::previous()).await, Some(1));
    let mut third = new_version(scratch, "follow", "follow 3", Decision::Promote);
    third.aliases.push(claim(Alias::champion(), Some(2), false));
    register(registry, batch(vec![third])).await;
    assert_eq!(at(registry, "follow", Alias::previous()).await, Some(2));
    if can.history {
        registry.rollback(&champion_rollback("follow")).await.unwrap();
        assert_eq!(at(registry, "follow", Alias::champion()).await, Some(2));
        assert_eq!(at(registry, "follow", Alias::previous()).await, Some(3));
    }
    let by_hand = Move { alias: Alias::previous(), ..champion_move("follow", Some(3), 1) };
    assert_eq!(registry.move_alias(&by_hand).await.unwrap_err().kind(), Kind::Invalid);
}

/// Rollbacks go back step by step, refuse at the beginning, and start anew from a later move.
pub async fn rollback_walks_back_through_history(registry: &dyn Registry, scratch: &Path) {
    promoted(registry, scratch, "back", 4).await;
    let back = champion_rollback("back");
    assert_eq!(registry.rollback(&back).await.unwrap_err().kind(), Kind::NotFound);
    for (expect, to) in [(None, 1), (Some(1), 2), (Some(2), 3)] {
        registry.move_alias(&champion_move("back", expect, to)).await.unwrap();
    }
    for to in [2, 1] {
        assert_eq!(registry.rollback(&back).await.unwrap().to, Version(to));
    }
    let refused = registry.rollback(&back).await.unwrap_err();
    assert!(refused.to_string().contains("nothing to go back to"), "{refused}");
    assert_eq!(at(registry, "back", Alias::champion()).await, Some(1));
    registry.move_alias(&champion_move("back", Some(1), 4)).await.unwrap();
    assert_eq!(registry.rollback(&back).await.unwrap().to, Version(1));
    let history = registry.history(&name("back")).await.unwrap();
    let rollbacks: Vec<_> = history.iter().filter(|e| e.kind == EventKind::Rollback).collect();
    assert_eq!(rollbacks.len(), 3);
    assert!(rollbacks.iter().all(|e| e.undoes.is_some() && e.who == "bob"));
}

/// A registry without a history says so, and nothing moves.
pub async fn history_and_rollback_are_unsupported(registry: &dyn Registry, scratch: &Path) {
    promoted(registry, scratch, "forgets", 2).await;
    registry.move_alias(&champion_move("forgets", None, 1)).await.unwrap();
    registry.move_alias(&champion_move("forgets", Some(1), 2)).await.unwrap();
    let told = registry.history(&name("forgets")).await.unwrap_err();
    let back = registry.rollback(&champion_rollback("forgets")).await.unwrap_err();
    for error in [told, back] {
        assert_eq!((error.kind(), error.retryable()), (Kind::Unsupported, false));
        assert!(error.hint().is_some_and(|hint| hint.contains("gauntlet registry serve")));
    }
    assert_eq!(at(registry, "forgets", Alias::champion()).await, Some(2));
}

/// An empty batch is no error and leaves nothing.
pub async fn a_batch_may_register_nothing(registry: &dyn Registry) {
    let before = registry.models().await.unwrap().len();
    let receipt = register(registry, batch(vec![])).await;
    assert!(receipt.versions.is_empty() && receipt.events.is_empty());
    assert_eq!(registry.models().await.unwrap().len(), before);
}
