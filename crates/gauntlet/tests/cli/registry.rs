//! Looking at registered models, and moving their champion by hand.

use serde_json::{Value, json};

use crate::project::Project;

const MODEL: &str = "ai4i_classifier_sim";

/// Version 1 is champion; version 2 was held by the gate and is challenger.
fn champion_and_challenger() -> Project {
    let project = Project::new();
    project.simulated(&[]).succeeds();
    project.pipeline(|p| p["judgement"]["minimum_events"] = 1_000_000.into());
    project.simulated(&[]).succeeds();
    assert_eq!(aliases(&project), json!({ "champion": 1, "challenger": 2 }));
    project
}

fn aliases(project: &Project) -> Value {
    json!(project.aliases()[MODEL])
}

fn history(project: &Project) -> Vec<Value> {
    let ran = project.gauntlet(&["registry", "history", MODEL, "--json"]).succeeds();
    ran.json().as_array().unwrap().clone()
}

#[test]
fn an_empty_registry_lists_nothing_and_says_what_to_do() {
    let project = Project::new();
    project.gauntlet(&["registry", "list"]).succeeds().says(&["no models are registered", "run"]);
    assert_eq!(project.gauntlet(&["registry", "list", "--json"]).succeeds().json(), json!([]));
}

#[test]
fn models_and_versions_are_shown_by_name_number_and_alias() {
    let project = champion_and_challenger();
    project.gauntlet(&["registry", "list"]).succeeds().says(&[
        "model",
        MODEL,
        "@challenger -> 2, @champion -> 1",
        "ai4i_classifier_randomforest_engineered_sim",
    ]);
    let show = |model: &str| project.gauntlet(&["registry", "show", model]).succeeds();
    show(MODEL).says(&["version 1 @champion", "version 2 @challenger", "verdict    Hold"]);
    for which in [format!("{MODEL}@champion"), format!("{MODEL}/1")] {
        let one =
            show(&which).says(&["version 1 @champion", "simulated", "test_pr_auc", "Promote"]);
        assert!(!one.stdout.contains("version 2"), "{}", one.stdout);
    }
    let json = |model: &str| project.gauntlet(&["registry", "show", model, "--json"]).json();
    let champion = json(&format!("{MODEL}@champion"));
    assert_eq!(champion, json(&format!("{MODEL}/1")));
    assert_eq!(json(MODEL), json!([json(&format!("{MODEL}@challenger")), champion]));
    assert_eq!(champion["tags"]["data.origin"], "simulated");
    assert_eq!(champion["params"]["trees"], "10");
    assert_eq!(champion["verdict"]["decision"], "promote");
    assert!(champion["metrics"]["test_pr_auc"].as_f64().unwrap() > 0.5);
    assert!(champion["metrics"]["seal_openings"].as_f64().unwrap() == 1.0);
}

#[test]
fn unknown_names_are_answered_with_those_there_are() {
    let project = Project::new();
    project.simulated(&[]).succeeds();
    let fails = |arguments: &[&str], words: &[&str]| {
        project.gauntlet(arguments).ends_with(1).warns(words);
    };
    let unknown = ["there is no model `ai4i`", MODEL];
    fails(&["registry", "show", "ai4i"], &unknown);
    fails(&["registry", "show", "ai4i@champion"], &unknown);
    fails(&["registry", "history", "ai4i"], &unknown);
    fails(&["registry", "promote", "ai4i", "1"], &unknown);
    fails(&["registry", "rollback", "ai4i"], &unknown);
    let at = format!("{MODEL}@shadow");
    fails(&["registry", "show", &at], &["has no alias `shadow`; it has `champion`"]);
    let version = format!("{MODEL}/9");
    fails(&["registry", "show", &version], &["has no version 9"]);
    fails(&["registry", "promote", MODEL, "9"], &["has no version 9"]);
    fails(&["registry", "rollback", MODEL], &["has nothing to go back to"]);
    project.assert_consistent();
}

#[test]
fn a_version_that_the_gate_held_is_promoted_only_by_force_with_a_reason_and_taken_back() {
    let project = champion_and_challenger();
    let promote = ["registry", "promote", MODEL, "2"];
    project
        .gauntlet(&promote)
        .ends_with(1)
        .warns(&["version 2", "cannot be champion: its verdict is Hold, not Promote"])
        .hints("by force with a reason");
    project.gauntlet(&[&promote[..], &["--force"]].concat()).ends_with(2);
    project.gauntlet(&[&promote[..], &["--force", "--reason", " "]].concat()).ends_with(1);
    assert_eq!(history(&project).len(), 2, "nothing has moved");

    let forced = [&promote[..], &["--force", "--reason", "shadow run was fine"]].concat();
    let moved = project.gauntlet(&forced).succeeds();
    moved.says(&[&format!("{MODEL}@champion is at version 2 (was at version 1)")]);
    assert_eq!(aliases(&project), json!({ "champion": 2, "challenger": 2, "previous": 1 }));
    let events = history(&project);
    let event = events.iter().find(|event| event["forced"] == true).unwrap();
    assert_eq!(event["reason"], "shadow run was fine");
    assert_eq!(
        (&event["who"], &event["from"], &event["to"]),
        (&json!("tester"), &json!(1), &json!(2))
    );
    project.assert_consistent();

    let back = ["registry", "rollback", MODEL, "--reason", "false alarms", "--json"];
    let moved = project.gauntlet(&back).succeeds().json();
    assert_eq!((&moved["from"], &moved["to"]), (&json!(2), &json!(1)));
    assert_eq!(aliases(&project)["champion"], 1);
    project.assert_consistent();
    let told = project.gauntlet(&["registry", "history", MODEL]).succeeds();
    told.says(&["FORCED  by tester: shadow run was fine", "rollback", "false alarms"]);
    // The first move came from nowhere: there is nothing before it.
    project
        .gauntlet(&["registry", "rollback", MODEL])
        .ends_with(1)
        .warns(&["nothing to go back to"]);
    assert_eq!(aliases(&project)["champion"], 1);
}

#[test]
fn a_move_from_where_the_alias_no_longer_is_is_refused() {
    let project = champion_and_challenger();
    let base = ["registry", "promote", MODEL, "1", "--alias", "shadow"];
    let expecting = |place: &str| project.gauntlet(&[&base[..], &["--expect", place]].concat());
    expecting("2")
        .ends_with(1)
        .warns(&["expected at version 2, but is at no version"])
        .hints("history");
    expecting("none").succeeds().says(&["(was at nowhere)"]);
    expecting("none").ends_with(1).warns(&["expected at no version, but is at version 1"]);
    expecting("1").succeeds();
    assert_eq!(aliases(&project)["shadow"], 1);
    project
        .gauntlet(&["registry", "promote", MODEL, "1", "--alias", "previous"])
        .ends_with(1)
        .warns(&["follows `champion`"]);
    project.assert_consistent();
}

#[test]
fn a_rollback_to_a_damaged_bundle_is_refused() {
    let project = champion_and_challenger();
    let forced = ["registry", "promote", MODEL, "2", "--force", "--reason", "trial"];
    project.gauntlet(&forced).succeeds();
    let first = project.gauntlet(&["registry", "show", &format!("{MODEL}/1"), "--json"]).json();
    let model = format!("registry/{}/model.onnx", first["artifact"].as_str().unwrap());
    let mut bytes = fs_err::read(project.path(&model)).unwrap();
    bytes[100] ^= 1;
    // What is stored may be write-protected: replacing the file takes no permission on it.
    fs_err::remove_file(project.path(&model)).unwrap();
    project.write(&model, bytes);
    project
        .gauntlet(&["registry", "rollback", MODEL])
        .ends_with(1)
        .warns(&["is damaged", "model.onnx"]);
    assert_eq!(aliases(&project)["champion"], 2);
}

#[test]
fn pointers_that_were_lost_or_changed_come_back_when_the_registry_is_opened() {
    let project = Project::new();
    project.simulated(&[]).succeeds();
    let pointer = format!("registry/published/{MODEL}/champion.json");
    let good = project.read(&pointer);
    fs_err::remove_file(project.path(&pointer)).unwrap();
    project.gauntlet(&["registry", "list"]).succeeds();
    assert_eq!(project.read(&pointer), good);
    project.write(&pointer, good.replace("\"version\": 1", "\"version\": 7"));
    project.gauntlet(&["registry", "list"]).succeeds();
    assert_eq!(project.read(&pointer), good);
}
