//! The famous flattering number is shown beside the honest one, and goes nowhere.

use crate::project::{FULL, Project, real_data};

#[test]
fn the_trap_shows_both_scores_and_says_why_one_is_worthless() {
    let project = Project::new();
    project.simulated(&["--trap"]).succeeds().says(&[
        "TRAP: AI4I 2020 machine failure (simulated data)",
        "\ntrap ",
        "\nhonest ",
        "always \"no failure\"",
        "The trap keeps TWF, HDF, PWF, OSF, RNF as features.",
        "It is worthless: the columns are the failure modes themselves",
        "Nothing was exported or registered",
    ]);
    assert!(project.is_untouched());
    assert!(!project.path("reports").exists());
    assert!(!project.path("work/ai4i/train").exists());
}

#[test]
fn the_trap_looks_better_than_any_honest_model_can_be() {
    let project = Project::with_every_kind();
    let shown = project.simulated(&["--trap", "--json"]).succeeds().json();
    let number = |path: &str| shown.pointer(path).and_then(serde_json::Value::as_f64).unwrap();
    assert!(number("/trap/accuracy") > 0.99, "{shown}");
    assert!(number("/trap/f1/value") > number("/honest/f1/value") + 0.1, "{shown}");
    assert!(number("/trap/accuracy") > number("/honest/accuracy"), "{shown}");
    // A constant is nearly as accurate as the honest model: accuracy says little here.
    assert!(number("/majority_accuracy") > 0.95, "{shown}");
    assert!(project.is_untouched());
}

#[test]
fn a_pipeline_without_a_trap_says_so() {
    let project = Project::new();
    project.pipeline(|p| {
        p.remove("trap");
    });
    project.simulated(&["--trap"]).ends_with(2).warns(&["pipeline `ai4i` describes no trap"]);
}

#[test]
fn the_honest_pipeline_has_to_pass_its_guard_before_its_trap_is_shown() {
    let project = Project::new();
    project.pipeline(|p| p["recipes"]["engineered"]["features"] = vec!["HDF"].into());
    project.simulated(&["--trap"]).ends_with(1).warns(&["declared: column HDF"]);
}

#[test]
fn on_the_published_rows_the_trap_reaches_the_famous_accuracy() {
    let Some(real) = real_data() else { return };
    let project = Project::new();
    let folder = real.to_str().unwrap();
    let arguments = ["run", FULL, "--data", "real", "--data-dir", folder, "--trap", "--json"];
    let shown = project.gauntlet(&arguments).succeeds().json();
    assert_eq!(shown["origin"], "real");
    assert!(shown["trap"]["accuracy"].as_f64().unwrap() >= 0.998, "{shown}");
    assert!(project.is_untouched());
}
