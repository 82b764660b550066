//! Columns that know the label are refused before anything is fitted, unless somebody waives them in
//! writing, and then no model is promoted by itself.

use std::path::PathBuf;

use toml::{Table, Value};

use crate::project::{Project, QUICK};
use crate::ran::Ran;

const NO_COLUMNS: Value = Value::Array(Vec::new());

/// Adds a feature to the quick pipeline's recipe.
fn add_feature(pipeline: &mut Table, name: &str) {
    let features = pipeline["recipes"]["engineered"]["features"].as_array_mut().unwrap();
    features.push(name.into());
}

/// A file with a column that is the label with 1 % of its cells flipped, and a pipeline that uses it.
fn with_planted_copy() -> (Project, PathBuf, String) {
    let project = Project::new();
    let (file, digest) = project.own_copy(6000, |table| {
        let label = table.column("Machine failure");
        table.push("Vibration", |row, cells| {
            let flipped = row % 100 == 37;
            if (cells[label] == "1") == flipped { "0".to_owned() } else { "1".to_owned() }
        });
    });
    project.pipeline(|p| add_feature(p, "Vibration"));
    (project, file, digest)
}

fn run(project: &Project, file: &std::path::Path, digest: &str, more: &[&str]) -> Ran {
    let file = file.to_str().unwrap();
    let arguments = ["run", QUICK, "--data-dir", file, "--accept-sha", digest];
    project.gauntlet(&[&arguments[..], more].concat())
}

#[test]
fn an_undeclared_mode_column_is_refused_with_its_figures() {
    let project = Project::new();
    project.pipeline(|p| {
        p["columns"]["derived_from_label"] = NO_COLUMNS;
        add_feature(p, "HDF");
    });
    project
        .simulated(&[])
        .ends_with(1)
        .warns(&[
            "the leak guard refuses this run",
            "purity: column HDF: 100.0 % of its",
            "union: column HDF, OSF, PWF, TWF: the OR of HDF, OSF, PWF, TWF reproduces the label",
        ])
        .hints("[[waivers]]");
    assert!(project.is_untouched());
}

#[test]
fn a_mode_column_inside_a_formula_is_refused_too() {
    let project = Project::new();
    project.pipeline(|p| {
        p["columns"]["derived_from_label"] = NO_COLUMNS;
        let formula = Table::from_iter([("formula".to_owned(), "Torque_Nm + 100 * PWF".into())]);
        p["derived"].as_table_mut().unwrap().insert("load".to_owned(), Value::Table(formula));
        add_feature(p, "load");
    });
    project.simulated(&[]).ends_with(1).warns(&["purity: column PWF"]);
    assert!(project.is_untouched());
}

#[test]
fn a_leaky_column_that_no_recipe_uses_is_told_and_does_not_block() {
    let project = Project::new();
    project.pipeline(|p| p["columns"]["derived_from_label"] = NO_COLUMNS);
    project
        .gauntlet(&["prepare", QUICK, "--data", "simulated"])
        .succeeds()
        .warns(&["unused but leaky (purity): HDF"]);
}

#[test]
fn every_declared_column_is_refused_and_rnf_only_because_it_is_declared() {
    let project = Project::new();
    for column in ["TWF", "HDF", "PWF", "OSF", "RNF", "UDI", "Product_ID"] {
        project.write(QUICK, Project::new().read(QUICK));
        project.pipeline(|p| add_feature(p, column));
        let word = format!("declared: column {column}: it is declared under `columns.");
        project.simulated(&[]).ends_with(1).warns(&[&word]);
    }
    assert!(project.is_untouched());
    // RNF is in the recipe of the last pipeline but one: nothing else than the declaration stops it.
    project.write(QUICK, Project::new().read(QUICK));
    project.pipeline(|p| {
        p["columns"]["derived_from_label"] = vec!["TWF", "HDF", "PWF", "OSF"].into();
        add_feature(p, "RNF");
    });
    project.gauntlet(&["prepare", QUICK, "--data", "simulated"]).succeeds();
}

#[test]
fn the_label_itself_cannot_be_a_feature() {
    let project = Project::new();
    project.pipeline(|p| add_feature(p, "Machine_failure"));
    let ran = project.simulated(&[]);
    assert!(ran.stderr.contains("Machine_failure"), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("***") && ran.stderr.contains("error: "), "{}", ran.stderr);
    assert!(project.is_untouched());
}

#[test]
fn an_undeclared_identifier_is_found_by_its_shape() {
    for (column, evidence) in [
        ("UDI", "identity: column UDI: a whole number that rises with every row"),
        ("Product_ID", "identity: column Product_ID: "),
    ] {
        let project = Project::new();
        project.pipeline(|p| {
            p["columns"]["ids"] = NO_COLUMNS;
            add_feature(p, column);
        });
        project.simulated(&[]).ends_with(1).warns(&[evidence]);
        assert!(project.is_untouched());
    }
}

#[test]
fn a_copy_of_the_label_with_one_percent_flipped_is_refused_with_its_figures() {
    let (project, file, digest) = with_planted_copy();
    run(&project, &file, &digest, &[])
        .ends_with(1)
        .warns(&["score: column Vibration: alone it predicts the label with F1", "ROC-AUC 0.9"])
        .hints("[[waivers]]");
    assert!(project.is_untouched());
}

#[test]
fn a_written_waiver_lets_the_run_pass_and_leaves_the_decision_to_a_person() {
    let (project, file, digest) = with_planted_copy();
    let reason = "an accelerometer that was mounted before the failure";
    project.pipeline(|p| {
        let waiver = Table::from_iter([
            ("column".to_owned(), "Vibration".into()),
            ("reason".to_owned(), reason.into()),
        ]);
        p.insert("waivers".to_owned(), vec![Value::Table(waiver)].into());
    });
    run(&project, &file, &digest, &["--require-promotion"])
        .ends_with(4)
        .warns(&["WAIVED score on Vibration", reason])
        .says(&[
            "WAIVED leak on Vibration",
            reason,
            "waivers: leak findings were waived, so a person decides",
        ]);
    let card = project.read("reports/ai4i/card.md");
    assert!(card.contains("A leak finding was waived for Vibration") && card.contains(reason));
    let verdicts = project.json("reports/ai4i/verdict.json");
    for name in verdicts.as_array().unwrap() {
        assert_eq!(name["verdict"]["decision"], "hold", "{name}");
        assert_eq!(name["champion"], serde_json::Value::Null);
    }
    let aliases = project.aliases();
    assert!(aliases.values().all(|aliases| !aliases.contains_key("champion")), "{aliases:?}");
    // The bundle carries the waiver with it.
    let shown = project.gauntlet(&["registry", "show", "ai4i_classifier/1", "--json"]).succeeds();
    let artifact = shown.json()["artifact"].as_str().unwrap().to_owned();
    let report = project.json(&format!("registry/{artifact}/report.json"));
    assert_eq!(report["waivers"][0]["waived"], reason);
}

#[test]
fn a_waiver_for_another_column_waives_nothing() {
    let (project, file, digest) = with_planted_copy();
    project.pipeline(|p| {
        let waiver = Table::from_iter([
            ("column".to_owned(), "Torque_Nm".into()),
            ("reason".to_owned(), "measured".into()),
        ]);
        p.insert("waivers".to_owned(), vec![Value::Table(waiver)].into());
    });
    run(&project, &file, &digest, &[]).ends_with(1).warns(&["score: column Vibration"]);
    assert!(project.is_untouched());
}

#[test]
fn test_rows_with_twins_among_training_rows_are_refused() {
    let project = Project::new();
    let (file, digest) = project.own_copy(3000, |table| {
        let half = table.rows.len() / 2;
        for row in half..table.rows.len() {
            let twin = table.rows[row - half].clone();
            // Identifiers differ; what a model sees does not.
            table.rows[row][2..].clone_from_slice(&twin[2..]);
        }
    });
    run(&project, &file, &digest, &[])
        .ends_with(1)
        .warns(&["duplicates: ", "have an exact twin among training rows"]);
    assert!(project.is_untouched());
}
