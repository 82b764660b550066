//! Mistakes in a pipeline file are named with their place and what was probably meant: exit code 2.

use toml::{Table, Value};

use crate::project::{Project, QUICK};

/// Changes the quick pipeline and demands that the run is refused with all of `words`.
#[track_caller]
fn refused(change: impl FnOnce(&mut Table), words: &[&str]) {
    let project = Project::new();
    project.pipeline(change);
    project.simulated(&[]).ends_with(2).warns(words);
    assert!(project.is_untouched());
}

/// Inserts a key into the table at `path`.
fn set(path: &[&str], key: &str, value: impl Into<Value>) -> impl FnOnce(&mut Table) {
    move |pipeline: &mut Table| {
        let table = path.iter().fold(pipeline, |at, part| at[*part].as_table_mut().unwrap());
        table.insert(key.to_owned(), value.into());
    }
}

#[test]
fn an_unknown_key_at_the_top_names_the_nearest_known_one() {
    refused(set(&[], "datset", "ai4i2020"), &[QUICK, "unknown key `datset`", "`dataset`"]);
}

#[test]
fn an_unknown_key_names_its_line() {
    let project = Project::new();
    let text = project.read(QUICK);
    let line = text.lines().position(|line| line == "[split]").unwrap() + 2;
    project.write(QUICK, text.replace("[split]\n", "[split]\ntest_fractoin = 0.3\n"));
    let place = format!("{QUICK}, line {line}");
    project.simulated(&[]).ends_with(2).warns(&[&place, "`test_fractoin`", "`test_fraction`"]);
}

#[test]
fn an_unknown_key_inside_a_section_names_the_nearest_known_one() {
    refused(set(&["split"], "fold", 3), &["unknown key `fold`", "`folds`"]);
    refused(set(&["columns"], "id", vec!["UDI"]), &["unknown key `id`", "`ids`"]);
    refused(set(&["judgement"], "miss_costs", 2.0), &["`miss_costs`", "`miss_cost`"]);
    refused(set(&["trap"], "colums", vec!["TWF"]), &["`colums`", "`columns`"]);
}

#[test]
fn an_unknown_key_two_levels_down_names_the_nearest_known_one() {
    refused(set(&["derived", "power_W"], "units", "W"), &["`units`", "`unit`"]);
    refused(set(&["recipes", "engineered"], "feature", "x"), &["`feature`", "`features`"]);
    refused(
        set(&["baselines", "physics_rules"], "below_zeros", vec!["power_W"]),
        &["`below_zeros`", "`below_zero`"],
    );
}

#[test]
fn an_unknown_hyperparameter_names_the_nearest_known_one() {
    let add = |p: &mut Table| {
        let forest = p["contenders"][0].as_table_mut().unwrap();
        forest.insert("tree".to_owned(), 5.into());
    };
    refused(add, &["unknown key `tree`", "`trees`"]);
}

#[test]
fn an_unknown_kind_of_contender_or_baseline_names_the_nearest_known_one() {
    refused(
        |p| p["contenders"][0]["kind"] = "randomforrest".into(),
        &["`randomforrest`", "`randomforest`"],
    );
    refused(
        |p| p["baselines"]["majority"]["kind"] = "majorty".into(),
        &["`majorty`", "`majority`"],
    );
}

#[test]
fn an_unknown_metric_names_the_nearest_known_one() {
    refused(|p| p["judgement"]["primary"] = "prauc".into(), &["`prauc`", "`pr_auc`"]);
}

#[test]
fn an_unknown_baseline_names_its_place_and_the_nearest_known_one() {
    refused(
        |p| p["recipes"]["engineered"]["blocking"] = vec!["majorty"].into(),
        &["recipe `engineered`", "`majorty`", "did you mean `majority`?"],
    );
    refused(
        |p| p["judgement"]["ceiling"] = "physics_rule".into(),
        &["`judgement.ceiling`", "did you mean `physics_rules`?"],
    );
}

#[test]
fn an_unknown_feature_names_its_recipe_and_the_nearest_known_one() {
    refused(
        |p| p["recipes"]["engineered"]["features"] = vec!["Torque_Nm", "powr_W"].into(),
        &["recipe `engineered`", "`powr_W`", "`power_W`"],
    );
    refused(
        |p| p["recipes"]["engineered"]["features"] = vec!["Torque_NM"].into(),
        &["`Torque_NM`", "`Torque_Nm`"],
    );
}

#[test]
fn a_feature_named_twice_and_a_recipe_without_features_are_refused() {
    refused(
        |p| p["recipes"]["engineered"]["features"] = vec!["power_W", "power_W"].into(),
        &["recipe `engineered`", "`power_W` twice"],
    );
    refused(
        |p| p["recipes"]["engineered"]["features"] = Value::Array(vec![]),
        &["recipe `engineered` has no features"],
    );
}

#[test]
fn a_hyperparameter_out_of_range_is_named_with_its_kind_and_range() {
    refused(|p| p["contenders"][0]["trees"] = 0.into(), &["`randomforest`", "`trees` is 0"]);
    let other = |kind: &str, key: &str, value: Value| {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        move |p: &mut Table| {
            let contender = Table::from_iter([("kind".to_owned(), kind.into()), (key, value)]);
            p["contenders"] = vec![Value::Table(contender)].into();
        }
    };
    for (kind, key, value) in [
        ("gradientboosting", "learning_rate", Value::Float(0.0)),
        ("gradientboosting", "max_depth", Value::Integer(0)),
        ("smartcore_extratrees", "trees", Value::Integer(0)),
        ("decisiontree", "min_leaf", Value::Float(0.5)),
    ] {
        let (kind_named, key_named) = (format!("`{kind}`"), format!("`{key}` is"));
        refused(other(kind, key, value), &[&kind_named, &key_named, "must be"]);
    }
}

#[test]
fn a_number_of_the_protocol_out_of_range_is_named() {
    refused(|p| p["split"]["folds"] = 1.into(), &["`split.folds`", "between 2 and 50"]);
    refused(|p| p["split"]["test_fraction"] = 1.0.into(), &["`split.test_fraction`"]);
    refused(|p| p["judgement"]["miss_cost"] = (-1.0).into(), &["`judgement.miss_cost`", "above 0"]);
    refused(|p| p["judgement"]["replicates"] = 5.into(), &["`judgement.replicates`"]);
}

#[test]
fn a_formula_that_does_not_parse_shows_where() {
    refused(
        set(&["derived", "power_W"], "formula", "Torque_Nm * * 2"),
        &["formula `Torque_Nm * * 2`", "at character 13"],
    );
    refused(
        set(&["derived", "power_W"], "formula", "Torque_Nm + (2"),
        &["formula `Torque_Nm + (2`", "at character 15"],
    );
}

#[test]
fn a_formula_over_an_unknown_column_or_over_itself_is_refused() {
    refused(
        set(&["derived", "power_W"], "formula", "Torqe_Nm * 2"),
        &["`Torqe_Nm`", "`Torque_Nm`"],
    );
    refused(
        set(&["derived", "power_W"], "formula", "power_low_margin_W + 3500"),
        &["is defined by itself"],
    );
    refused(set(&["derived", "power_W"], "formula", "Type * 2"), &["`Type` holds text"]);
}

#[test]
fn a_waiver_without_a_reason_is_refused() {
    for reason in ["", "  "] {
        let waiver = Table::from_iter([
            ("column".to_owned(), "HDF".into()),
            ("reason".to_owned(), reason.into()),
        ]);
        refused(
            set(&[], "waivers", vec![Value::Table(waiver)]),
            &["the waiver for `HDF` gives no reason"],
        );
    }
    let waiver = Table::from_iter([("column".to_owned(), "HDF".into())]);
    refused(set(&[], "waivers", vec![Value::Table(waiver)]), &["`reason`"]);
}

#[test]
fn a_label_or_group_column_that_does_not_exist_is_refused() {
    let project = Project::new();
    project.pipeline(|p| p["columns"]["label"] = "Machine_failur".into());
    project.simulated(&[]).ends_with(2).warns(&["`Machine_failur`"]);
}

#[test]
fn a_pipeline_without_contenders_or_recipes_is_refused() {
    refused(|p| p["contenders"] = Value::Array(vec![]), &["at least one recipe and one contender"]);
    refused(|p| p["recipes"] = Value::Table(Table::new()), &["at least one recipe"]);
}

#[test]
fn a_trap_on_an_unknown_recipe_is_refused() {
    refused(|p| p["trap"]["recipe"] = "enginered".into(), &["`trap.recipe`", "`enginered`"]);
}

#[test]
fn a_mistake_in_the_file_is_found_before_any_row_is_looked_for() {
    let project = Project::new();
    project.pipeline(|p| p["contenders"][0]["trees"] = 0.into());
    project.gauntlet(&["run", QUICK, "--data", "real"]).ends_with(2).warns(&["`trees` is 0"]);
    project.gauntlet(&["prepare", QUICK, "--data", "simulated"]).ends_with(2);
}

#[test]
fn a_dataset_that_nobody_described_is_named() {
    let project = Project::new();
    project.pipeline(|p| p["dataset"] = "ai4i2021".into());
    project
        .simulated(&[])
        .ends_with(3)
        .warns(&["there is no dataset descriptor", "ai4i2021"])
        .hints("--root");
}

#[test]
fn text_that_is_no_toml_names_its_line() {
    let project = Project::new();
    project.write(QUICK, "name = \"ai4i\"\ntitle = \n");
    project.simulated(&[]).ends_with(2).warns(&[&format!("{QUICK}, line 2")]);
}
