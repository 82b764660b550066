//! Stages that are run one by one never mix what different pipelines, seeds or runs have left.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::project::{Project, QUICK};
use crate::ran::Ran;

fn prepare(project: &Project) {
    project.gauntlet(&["prepare", QUICK, "--data", "simulated"]).succeeds();
}

/// Doubles a feature without renaming it.
fn change_a_formula(pipeline: &mut toml::Table) {
    let formula = "2 * Torque_Nm * Rotational_speed_rpm * 2 * pi / 60";
    pipeline["derived"]["power_W"]["formula"] = formula.into();
}

#[test]
fn a_stage_without_its_predecessor_names_it() {
    let project = Project::new();
    for (stage, before) in
        [("features", "prepare"), ("train", "prepare"), ("judge", "prepare"), ("report", "judge")]
    {
        project.gauntlet(&[stage, QUICK]).ends_with(3).hints(&format!("gauntlet {before}"));
    }
    project.gauntlet(&["prepare", QUICK, "--data", "simulated"]).succeeds();
    project.gauntlet(&["features", QUICK]).succeeds();
    project.gauntlet(&["judge", QUICK]).ends_with(3).hints("gauntlet train");
}

#[test]
fn training_without_features_names_the_stage_that_makes_them() {
    let project = Project::new();
    project.gauntlet(&["prepare", QUICK, "--data", "simulated"]).succeeds();
    project.gauntlet(&["train", QUICK]).ends_with(3).hints("gauntlet features");
}

#[test]
fn a_stage_of_another_pipeline_is_not_mistaken_for_ones_own() {
    let project = Project::new();
    project.gauntlet(&["prepare", QUICK, "--data", "simulated"]).succeeds();
    project.pipeline(|p| p["split"]["test_fraction"] = 0.3.into());
    project.gauntlet(&["features", QUICK]).ends_with(1).warns(&["is of another pipeline"]);
}

#[test]
fn features_of_another_pipeline_are_not_trained_on() {
    let project = Project::new();
    prepare(&project);
    project.gauntlet(&["features", QUICK]).succeeds();
    project.pipeline(change_a_formula);
    prepare(&project);
    project.gauntlet(&["train", QUICK]).ends_with(1).warns(&["gauntlet features"]);
}

#[test]
fn models_of_another_pipeline_are_not_judged_as_ones_own() {
    let project = Project::new();
    project.simulated(&[]).succeeds();
    project.pipeline(|p| p["contenders"][0]["trees"] = 11.into());
    prepare(&project);
    project.gauntlet(&["features", QUICK]).succeeds();
    project.gauntlet(&["judge", QUICK]).ends_with(1).warns(&["gauntlet train"]);
    assert_eq!(project.read("reports/ai4i/seal.jsonl").lines().count(), 1, "nothing was opened");
}

#[test]
fn the_report_of_another_pipeline_is_not_printed_as_ones_own() {
    let project = Project::new();
    project.simulated(&[]).succeeds();
    project.pipeline(|p| p["judgement"]["miss_cost"] = 1.0.into());
    project.gauntlet(&["report", QUICK]).ends_with(1).warns(&["of another pipeline"]);
}

#[test]
fn a_later_stage_does_not_go_on_with_another_seed() {
    let project = Project::new();
    let prepare = ["prepare", QUICK, "--data", "simulated", "--seed", "7"];
    project.gauntlet(&prepare).succeeds();
    for stage in ["features", "train"] {
        // The manifest would name the seed that divided the rows, not the one that fitted the model.
        project.gauntlet(&[stage, QUICK]).ends_with(1).warns(&["seed"]);
        project.gauntlet(&[stage, QUICK, "--seed", "7"]).succeeds();
    }
    project.gauntlet(&["judge", QUICK]).ends_with(1).warns(&["seed"]);
    let staged = project.gauntlet(&["judge", QUICK, "--seed", "7", "--json"]).succeeds().json();
    let whole = Project::new().simulated(&["--seed", "7", "--json"]).succeeds().json();
    assert_eq!(bundles(&staged), bundles(&whole["metrics"]));
}

#[test]
fn two_runs_at_once_in_one_project_do_not_mix() {
    let project = Project::new();
    let children = ["1", "2"].map(|seed| {
        let arguments = ["run", QUICK, "--data", "simulated", "--json", "--seed", seed];
        let child = project.command(&arguments).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
        (seed, child)
    });
    for (seed, child) in children {
        let ran = Ran::of(&["run", "--seed", seed], child.wait_with_output().unwrap());
        if ran.stdout.is_empty() {
            ran.ends_with(1).warns(&["another run"]);
            continue;
        }
        let alone = Project::new().simulated(&["--seed", seed, "--json"]).succeeds().json();
        let printed = ran.succeeds().json();
        assert_eq!(bundles(&printed["metrics"]), bundles(&alone["metrics"]), "seed {seed}");
    }
    project.assert_consistent();
}

/// Finalist to bundle digest.
fn bundles(metrics: &Value) -> BTreeMap<String, Value> {
    let participants = metrics["participants"].as_object().unwrap();
    let exported = participants.iter().filter(|(_, value)| value["bundle"].is_string());
    exported.map(|(id, value)| (id.clone(), value["bundle"].clone())).collect()
}
