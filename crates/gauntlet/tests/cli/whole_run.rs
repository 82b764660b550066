//! A whole gauntlet on simulated rows: what it prints and leaves, and that it gives the same every time.

use std::collections::{BTreeMap, BTreeSet};

use gauntlet_core::Digest;
use gauntlet_registry::verify_folder;
use serde_json::Value;

use crate::project::{Project, QUICK};

/// Finalist to bundle digest, from the printed or written metrics.
fn bundles(metrics: &Value) -> BTreeMap<String, String> {
    let participants = metrics["participants"].as_object().unwrap();
    let digest = |value: &Value| value["bundle"].as_str().map(str::to_owned);
    participants.iter().filter_map(|(id, value)| Some((id.clone(), digest(value)?))).collect()
}

/// Model to a field of its outcome.
fn outcomes(printed: &Value, field: &str) -> BTreeMap<String, Value> {
    let names = printed["names"].as_array().unwrap();
    names.iter().map(|n| (n["model"].as_str().unwrap().to_owned(), n[field].clone())).collect()
}

#[test]
fn a_simulated_run_registers_champions_and_leaves_a_report() {
    let project = Project::with_every_kind();
    let ran = project.simulated(&[]).succeeds();
    ran.warns(&["SIMULATED DATA", "end in _sim", "prepare ", "features ", "train ", "judge "])
        .says(&[
            "AI4I 2020 machine failure (simulated data)",
            "SIMULATED: these numbers describe the simulator",
            "Validation: 1 x 2-fold",
            "Sealed test: 2000 rows",
            "opened once.",
            "ceiling: the published rules (physics_rules)",
            "The gate on ai4i_classifier_sim",
            "PR-AUC",
        ]);
    let mut names = BTreeSet::from(["ai4i_classifier_sim".to_owned()]);
    for kind in ["randomforest", "gradientboosting", "smartcore_extratrees", "decisiontree"] {
        for recipe in ["baseline", "engineered"] {
            names.insert(format!("ai4i_classifier_{kind}_{recipe}_sim"));
        }
    }
    let aliases = project.aliases();
    assert_eq!(aliases.keys().cloned().collect::<BTreeSet<_>>(), names);
    assert_eq!(aliases["ai4i_classifier_sim"]["champion"], 1);
    project.assert_consistent();

    let metrics = project.json("reports/ai4i/metrics.json");
    assert_eq!(metrics["origin"], "simulated");
    assert_eq!(bundles(&metrics).len(), 8);
    let verdicts = project.json("reports/ai4i/verdict.json");
    assert_eq!(verdicts.as_array().unwrap().len(), 9);
    let card = project.read("reports/ai4i/card.md");
    assert!(card.contains("**Simulated data.**") && card.contains("opened once"), "{card}");
    for plot in ["pr_curve", "contenders", "reliability", "confusion"] {
        let svg = project.read(&format!("reports/ai4i/plots/{plot}.svg"));
        assert!(svg.contains("<svg") && svg.contains("SIMULATED"), "{plot}");
        let png = fs_err::read(project.path(&format!("reports/ai4i/plots/{plot}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{plot}");
        assert!(card.contains(&format!("plots/{plot}.svg")), "{plot}");
    }
    let seal = project.read("reports/ai4i/seal.jsonl");
    assert_eq!(seal.lines().count(), 1);
    let opening: Value = serde_json::from_str(&seal).unwrap();
    assert_eq!((&opening["rows"], &opening["split"]), (&2000.into(), &metrics["split_digest"]));
}

#[test]
fn a_second_run_with_nothing_changed_registers_nothing() {
    let project = Project::new();
    project.simulated(&[]).succeeds();
    let before = project.gauntlet(&["registry", "list", "--json"]).succeeds().stdout;
    let again = project.simulated(&["--json", "--require-promotion"]).succeeds().json();
    assert!(outcomes(&again, "status").values().all(|status| status == "unchanged"), "{again}");
    assert_eq!(project.gauntlet(&["registry", "list", "--json"]).succeeds().stdout, before);
    let history = project.gauntlet(&["registry", "history", "ai4i_classifier_sim", "--json"]);
    assert_eq!(history.succeeds().json().as_array().unwrap().len(), 1);
    // Looking again is counted, and said.
    assert_eq!(project.read("reports/ai4i/seal.jsonl").lines().count(), 2);
    assert!(project.read("reports/ai4i/card.md").contains("opened 2 times"));
}

#[test]
fn one_thread_two_threads_and_stage_by_stage_give_the_same_bundles() {
    let one = Project::with_every_kind();
    let first = one.simulated(&["--json", "--jobs", "1"]).succeeds().json();
    let digests = bundles(&first["metrics"]);
    assert_eq!(digests.len(), 8);

    let two = Project::with_every_kind();
    let second = two.simulated(&["--json", "--jobs", "2"]).succeeds().json();
    let metrics = one.read("reports/ai4i/metrics.json");
    assert_eq!(two.read("reports/ai4i/metrics.json"), metrics);
    assert_eq!(outcomes(&second, "digest"), outcomes(&first, "digest"));

    let staged = Project::with_every_kind();
    staged.gauntlet(&["prepare", QUICK, "--data", "simulated"]).succeeds();
    for stage in ["features", "train"] {
        staged.gauntlet(&[stage, QUICK]).succeeds();
    }
    let judged = staged.gauntlet(&["judge", QUICK, "--json"]).succeeds();
    assert_eq!(staged.read("reports/ai4i/metrics.json"), metrics);
    assert_eq!(judged.stdout, metrics);
    assert_eq!(staged.aliases(), BTreeMap::new(), "judging registers nothing");
    for (id, digest) in digests {
        let digest: Digest = digest.parse().unwrap();
        verify_folder(&staged.path("work/ai4i/judge/bundles").join(id), &digest).unwrap();
    }
}

#[test]
fn another_seed_gives_other_bundles() {
    let project = Project::new();
    let first = project.simulated(&["--json"]).succeeds().json();
    let other = project.simulated(&["--json", "--seed", "7"]).succeeds().json();
    assert_eq!(other["metrics"]["seed"], 7);
    let [first, other] = [first, other].map(|printed| bundles(&printed["metrics"]));
    assert!(!first.is_empty() && first.keys().eq(other.keys()));
    assert!(first.iter().all(|(id, digest)| other[id] != *digest), "{first:?}");
    project.assert_consistent();
}

#[test]
fn json_is_all_that_json_prints() {
    let project = Project::new();
    let ran = project.simulated(&["--json"]).succeeds();
    assert!(ran.json()["metrics"]["participants"].is_object());
    assert_banner_alone(&ran.stderr);
    let report = project.gauntlet(&["report", QUICK, "--json"]).succeeds();
    let metrics = project.read("reports/ai4i/metrics.json");
    assert_eq!((report.stdout, report.stderr.as_str()), (metrics, ""));
    let prepared = project.gauntlet(&["prepare", QUICK, "--data", "simulated", "--json"]);
    let prepared = prepared.succeeds();
    assert_eq!(prepared.json()["origin"], "simulated");
    assert_banner_alone(&prepared.stderr);
}

/// That rows are simulated is said whatever else is silenced.
fn assert_banner_alone(stderr: &str) {
    assert!(stderr.contains("SIMULATED DATA"), "{stderr}");
    assert!(stderr.lines().all(|line| line.starts_with('*')), "{stderr}");
}

#[test]
fn the_metrics_that_are_printed_are_those_that_are_written() {
    let project = Project::new();
    let printed = project.simulated(&["--json"]).succeeds().json();
    assert_eq!(printed["metrics"], project.json("reports/ai4i/metrics.json"));
    assert_eq!(printed["names"], project.json("reports/ai4i/verdict.json"));
}

#[test]
fn the_report_can_be_printed_again_and_rebuilds_what_was_deleted() {
    let project = Project::new();
    let ran = project.simulated(&[]).succeeds();
    let card = project.read("reports/ai4i/card.md");
    fs_err::remove_file(project.path("reports/ai4i/card.md")).unwrap();
    fs_err::remove_dir_all(project.path("reports/ai4i/plots")).unwrap();
    let again = project.gauntlet(&["report", QUICK]).succeeds();
    assert_eq!(again.stdout, ran.stdout);
    assert_eq!(project.read("reports/ai4i/card.md"), card);
    assert!(project.path("reports/ai4i/plots/pr_curve.png").is_file());
    assert_eq!(project.read("reports/ai4i/seal.jsonl").lines().count(), 1, "nothing was opened");
}

#[test]
fn a_required_promotion_that_the_gate_refuses_ends_with_exit_code_4() {
    let project = Project::new();
    project.pipeline(|p| p["judgement"]["minimum_events"] = 1_000_000.into());
    project
        .simulated(&["--require-promotion"])
        .ends_with(4)
        .warns(&["ai4i_classifier_sim was not promoted: Hold"])
        .says(&["events: n = ", "1000000 needed"]);
    let aliases = &project.aliases()["ai4i_classifier_sim"];
    assert_eq!(*aliases, BTreeMap::from([("challenger".to_owned(), 1)]));
    // Without the demand the same verdict is no failure, and registering it twice adds nothing.
    let again = project.simulated(&["--json"]).succeeds().json();
    assert!(outcomes(&again, "status").values().all(|status| status == "existing"), "{again}");
    assert_eq!(project.versions("ai4i_classifier_sim").len(), 1);
    project.assert_consistent();
}

#[test]
fn a_contender_that_does_not_beat_the_rules_is_rejected_and_named() {
    let project = Project::new();
    // Without the wear nobody beats rules that know it.
    project.pipeline(|p| {
        let without_wear =
            vec!["Air_temperature_K", "Process_temperature_K", "Rotational_speed_rpm", "Torque_Nm"];
        let engineered = p["recipes"]["engineered"].as_table_mut().unwrap();
        engineered["features"] = without_wear.into();
        engineered["blocking"] = vec!["physics_rules"].into();
    });
    project
        .simulated(&["--require-promotion"])
        .ends_with(4)
        .warns(&["ai4i_classifier_sim was not promoted: Reject"])
        .says(&["beats_physics_rules: pr_auc minus that of `physics_rules`"]);
    assert_eq!(project.aliases()["ai4i_classifier_sim"], BTreeMap::new());
    assert_eq!(project.versions("ai4i_classifier_sim").len(), 1, "kept, with its verdict");
}

#[test]
fn a_simulated_run_leaves_models_of_measured_rows_alone() {
    let project = Project::new();
    let (file, digest) = project.own_copy(4000, |_| {});
    let file = file.to_str().unwrap();
    project.gauntlet(&["run", QUICK, "--data-dir", file, "--accept-sha", &digest]).succeeds();
    let real = project.aliases();
    assert!(!real.is_empty() && real.keys().all(|name| !name.ends_with("_sim")), "{real:?}");
    let show = |name: &str| project.gauntlet(&["registry", "show", name, "--json"]).succeeds();
    let before = show("ai4i_classifier").stdout;
    project.simulated(&[]).succeeds();
    assert_eq!(show("ai4i_classifier").stdout, before);
    let both = project.aliases();
    assert_eq!(both.len(), 2 * real.len());
    assert!(both.keys().all(|name| name.ends_with("_sim") || real.contains_key(name)), "{both:?}");
    project
        .gauntlet(&["registry", "promote", "ai4i_classifier", "2", "--force", "--reason", "no"])
        .ends_with(1)
        .warns(&["no version 2"]);
    project.assert_consistent();
}

#[test]
fn judge_only_calibrated_and_searched_contenders_run_beside_the_others() {
    let project = Project::new();
    project.pipeline(|pipeline| {
        let contender = |text: &str| toml::Value::Table(text.parse().unwrap());
        pipeline["contenders"] = toml::Value::Array(vec![
            contender("kind = 'randomforest'\ntrees = 10\ncalibration = 'isotonic'"),
            contender("kind = 'smartcore_knn'"),
            contender("kind = 'mahalanobis'"),
            contender(
                "kind = 'linfa_logistic'\n[search]\nmethod = 'random'\ntrials = 3\nfolds = 2\n\
                 [search.space]\nalpha = { log_uniform = [0.01, 100] }",
            ),
        ]);
    });
    project
        .simulated(&[])
        .succeeds()
        .warns(&["smartcore_knn_", "is not exported: judge only: its model is the training set"])
        .says(&["judge only: its model is the training set"]);
    let names = project.aliases();
    let registered = |kind: &str| names.keys().any(|name| name.contains(kind));
    assert!(registered("randomforest") && registered("mahalanobis") && registered("logistic"));
    assert!(!registered("knn"), "{names:?}");
    let trained = project.json("work/ai4i/train/trained.json");
    let finalists = trained["finalists"].as_array().unwrap();
    let searched = finalists.iter().find(|f| f["kind"] == "linfa_logistic").unwrap();
    assert_eq!(searched["trials"].as_array().unwrap().len(), 3);
    // Every trial is in a journal: a run that is repeated reads them.
    let journals = walk(&project.path("work/ai4i/search"));
    assert!(!journals.is_empty());
    let before: Vec<Vec<u8>> = journals.iter().map(|path| fs_err::read(path).unwrap()).collect();
    project.simulated(&[]).succeeds();
    let after: Vec<Vec<u8>> = journals.iter().map(|path| fs_err::read(path).unwrap()).collect();
    assert_eq!(before, after);
}

/// The files below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
