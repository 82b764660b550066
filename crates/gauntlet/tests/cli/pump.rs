//! The gauntlet of failures in time: on somebody's own plant, on the real fragments, and on the table it refuses.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project::{Project, real_data};

/// Copies files of the repository into a project.
fn bring(project: &Project, files: &[&str]) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in files {
        project.write(file, fs_err::read(repository.join(file)).unwrap());
    }
}

/// A plant that writes semicolons, decimal commas and days first; it fails four times and says so an hour before, but
/// for the last time.
fn plant(project: &Project) -> PathBuf {
    let mut text = "Zeit;Druck [bar];Strom (A);Bediener;Störung_fault\n".to_owned();
    let comma = |value: f64| format!("{value:.3}").replace('.', ",");
    // A sum of incommensurable waves and of a hash: noise that every test draws alike.
    let noise = |row: u64, salt: u64| {
        let mixed = (row * 2_654_435_761 + salt * 40_503).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    for row in 0..5000_u64 {
        let since = row % 1200;
        let near = row > 1200 && (1140..1200).contains(&since) && row < 4000;
        let failed = row >= 1200 && since < 15;
        let load = (row as f64 / 180.0).sin();
        let druck = 5.0 + 0.2 * load + 0.1 * noise(row, 1) + if near { 1.5 } else { 0.0 };
        let strom = 20.0 + load + 0.5 * noise(row, 2);
        let (day, hour, minute) = (1 + row / 1440, row / 60 % 24, row % 60);
        let (druck, strom, failed) = (comma(druck), comma(strom), u8::from(failed));
        writeln!(text, "{day:02}.05.2023 {hour:02}:{minute:02};{druck};{strom};Schicht A;{failed}")
            .unwrap();
    }
    project.write("Werk 7/Pumpe.csv", text)
}

#[test]
fn a_table_never_seen_before_is_described_judged_and_registered() {
    let project = Project::new();
    let table = plant(&project);
    let table = table.to_str().unwrap();
    project.gauntlet(&["data", "init", table]).succeeds().says(&["2 sensors", "4 failures", "run"]);
    project.gauntlet(&["data", "init", table]).ends_with(1).warns(&["is there already"]);
    project.gauntlet(&["data", "list"]).succeeds().says(&["pumpe", "Pumpe"]);
    project
        .gauntlet(&["data", "verify", "pumpe", "--data-dir", table])
        .succeeds()
        .says(&["5000 rows"]);
    let run = ["run", "pipelines/pumpe.toml", "--data-dir", table];
    project.gauntlet(&run).succeeds().says(&["(real data)", "robust_z", "pumpe_models"]);
    let metrics = project.json("reports/pumpe/metrics.json");
    assert_eq!(metrics["failures"].as_array().unwrap().len(), 4);
    for file in ["card.md", "plots/alarms.png", "plots/failure_4.svg"] {
        assert!(project.path(&format!("reports/pumpe/{file}")).is_file(), "{file}");
    }
    let bundle = project.path("work/pumpe/bundles/robust_z");
    let signature: Value =
        serde_json::from_slice(&fs_err::read(bundle.join("signature.json")).unwrap()).unwrap();
    assert_eq!(signature["alarm"]["needed"], 3);
    let recipe = fs_err::read_to_string(bundle.join("recipe.toml")).unwrap();
    assert!(recipe.contains("history") && recipe.contains("Druck"), "{recipe}");
    // The same inputs give the same bundles.
    let first = metrics["bundles"]["robust_z"]["digest"].clone();
    project.gauntlet(&[&run[..], &["--jobs", "1"]].concat()).succeeds();
    assert_eq!(project.json("reports/pumpe/metrics.json")["bundles"]["robust_z"]["digest"], first);
    project.gauntlet(&["report", "pipelines/pumpe.toml"]).succeeds().says(&["Walk-forward"]);
}

#[test]
fn the_trap_shows_both_figures_and_registers_nothing() {
    let project = Project::new();
    let table = plant(&project);
    let table = table.to_str().unwrap();
    project.gauntlet(&["data", "init", table]).succeeds();
    let run = ["run", "pipelines/pumpe.toml", "--data-dir", table, "--trap"];
    project.gauntlet(&run).succeeds().says(&[
        "TRAP",
        "divided at random",
        "honest",
        "Nothing was exported",
    ]);
    assert!(project.is_untouched());
}

#[test]
fn the_table_of_500_rows_is_refused_with_evidence() {
    let Some(real) = real_data() else { return };
    let project = Project::new();
    bring(&project, &["datasets/pump_500/dataset.toml", "pipelines/pump_500.toml"]);
    let folder = real.join("pump/original_500_rows");
    let table = folder.join("sensor_maintenance_data.csv");
    let words = [
        "leak guard",
        "row_position: column Voltage",
        "10 rows before",
        "Repair_Time",
        "F1 1.000",
        "written_later",
    ];
    let run = ["run", "pipelines/pump_500.toml", "--data-dir", folder.to_str().unwrap()];
    project.gauntlet(&run).ends_with(1).warns(&words);
    // Nobody has to describe it for that.
    project.gauntlet(&["data", "init", table.to_str().unwrap(), "--name", "found"]).succeeds();
    let run = ["run", "pipelines/found.toml", "--data-dir", table.to_str().unwrap()];
    project.gauntlet(&run).ends_with(1).warns(&words);
}

/// A contender on a fragment: minutes from its first alarm to the failure, and what that alarm saw.
struct Lead {
    name: String,
    minutes: Option<f64>,
    saw: String,
}

/// The contenders on a fragment, by the pipeline as it was frozen on the simulator.
fn leads(project: &Project, table: &Path, name: &str) -> Vec<Lead> {
    let table = table.to_str().unwrap();
    project.gauntlet(&["data", "init", table, "--name", name]).succeeds();
    let run = ["run", "pipelines/pump.toml", "--dataset", name, "--data-dir", table];
    project.gauntlet(&run).succeeds();
    let metrics = project.json("reports/pump/metrics.json");
    let at = metrics["failures"][0]["at_ms"].as_f64().unwrap();
    let lead = |of: &Value| {
        let seconds = of["judgement"]["horizons"][0]["detections"][0]["lead_s"].as_f64();
        let alarms = of["judgement"]["alarms"].as_array().unwrap();
        let first = alarms.iter().find(|alarm| {
            seconds.is_some_and(|s| alarm["at_ms"].as_f64() == Some(at - 1000.0 * s))
        });
        let saw = first.map_or(String::new(), |alarm| alarm["saw"].to_string());
        let name = of["name"].as_str().unwrap().to_owned();
        Lead { name, minutes: seconds.map(|s| s / 60.0), saw }
    };
    let participants = metrics["participants"].as_array().unwrap();
    let leads: Vec<Lead> =
        participants.iter().filter(|p| p["baseline"] == false).map(lead).collect();
    for Lead { name: contender, minutes, saw } in &leads {
        println!("{name}: {contender}: {minutes:?} minutes ahead, {saw}");
    }
    leads
}

#[test]
fn the_announcements_of_both_real_fragments_are_flagged_by_the_frozen_pipeline() {
    let Some(real) = real_data() else { return };
    let project = Project::new();
    bring(&project, &["pipelines/pump.toml"]);
    let folder = real.join("pump/kaggle_fragment");
    // Failure 2: sensor_00 and sensor_09 leave their band about 75 minutes ahead.
    let second = leads(&project, &folder.join("prediction_slice1.csv"), "failure_2");
    let chart = second.iter().find(|lead| lead.name == "ewma_chart").unwrap();
    assert!(chart.minutes.is_some_and(|minutes| (60.0..75.0).contains(&minutes)));
    assert!(chart.saw.contains("sensor_00") && chart.saw.contains("sensor_09"), "{}", chart.saw);
    // Failure 1: sensor_34 jumps about ten hours ahead.
    let first = leads(&project, &folder.join("slice0_5sensors.csv"), "failure_1");
    let z = first.iter().find(|lead| lead.name == "robust_z").unwrap();
    assert!(z.minutes.is_some_and(|minutes| minutes >= 540.0) && z.saw.contains("sensor_34"));
}
