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

/// Noise that every test draws alike.
fn noise(row: u64, salt: u64) -> f64 {
    let mixed = (row * 2_654_435_761 + salt * 40_503).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as f64 / f64::from(1 << 24) - 0.5
}

/// A plant that writes semicolons, decimal commas and days first; it fails four times and says so an hour before, but
/// for the last time.
fn plant(project: &Project) -> PathBuf {
    let mut text = "Zeit;Druck [bar];Strom (A);Bediener;Störung_fault\n".to_owned();
    let comma = |value: f64| format!("{value:.3}").replace('.', ",");
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

/// A compressor of `days` days that writes a line every `step_s` seconds since 1970 and no labels; it fails every
/// fifth of the time, and its pressure drops two hours before.
fn compressor(project: &Project, step_s: u64, days: u64) -> (PathBuf, PathBuf) {
    let (rows, ahead) = (days * 86_400 / step_s, 7200 / step_s);
    let mut text = "epoch,pressure,current,valve,valve_again\n".to_owned();
    let mut list = "begin,end\n".to_owned();
    for row in 0..rows {
        let (at, left) = (1_600_000_000 + row * step_s, rows / 5 - row % (rows / 5));
        let near = left <= ahead && row < 4 * rows / 5;
        let load = ((row * step_s) as f64 / 9000.0).sin();
        let pressure = 8.0 + 0.2 * load + 0.1 * noise(row, 3) - if near { 3.0 } else { 0.0 };
        let current = 20.0 + load + 0.5 * noise(row, 4);
        let valve = u8::from(load > 0.0);
        writeln!(text, "{at},{pressure:.3},{current:.3},{valve},{valve}").unwrap();
        if left == 1 && row < 4 * rows / 5 {
            writeln!(list, "{at},").unwrap();
        }
    }
    (project.write("compressor.csv", text), project.write("failures.csv", list))
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
fn lengths_are_times_at_any_cadence() {
    for (step_s, days, every) in [(10, 15, 30), (600, 60, 1)] {
        let project = Project::new();
        bring(&project, &["pipelines/pump.toml"]);
        let (table, list) = compressor(&project, step_s, days);
        let (table, list) = (table.to_str().unwrap(), list.to_str().unwrap());
        let init = ["data", "init", table, "--failures", list];
        project.gauntlet(&init).succeeds().says(&["4 sensors", "4 failures"]);
        let run = ["run", "pipelines/pump.toml", "--dataset", "compressor", "--data-dir", table];
        project.gauntlet(&run).succeeds().says(&["pump_sensor_models_compressor"]);
        let metrics = project.json("reports/pump/metrics.json");
        let contenders = metrics["participants"].as_array().unwrap();
        let hits = |of: &Value| of["judgement"]["horizons"][0]["hits"].as_u64();
        let most = contenders.iter().filter(|of| of["baseline"] == false).filter_map(hits).max();
        assert_eq!(metrics["decision_s"], (step_s * every) as f64);
        // Two of the four are tested, and announced.
        assert_eq!(most, Some(2), "every {step_s} s");
        let recipe = project.read("work/pump/bundles/robust_z/recipe.toml");
        let recipe: toml::Table = recipe.parse().unwrap();
        assert_eq!(recipe["windows"]["middle"], toml::Value::from((10_800 / step_s) as i64));
        let signature = project.json("work/pump/bundles/robust_z/signature.json");
        let rest = 43_200 / (step_s * every);
        assert_eq!(
            signature["alarm"],
            serde_json::json!({"needed": 3, "window": 4, "refractory": rest})
        );
    }
}

#[test]
fn short_runs_in_many_files_take_their_own_lengths_and_others_are_refused() {
    let project = Project::new();
    bring(&project, &["pipelines/pump.toml"]);
    for run in 0..9_u64 {
        let mut text =
            "datetime;Pressure;Temperature;Flow RateRMS;anomaly;changepoint\n".to_owned();
        for row in 0..900_u64 {
            let fault = (500..800).contains(&row);
            let (minute, second) = (row / 60, row % 60);
            let flow = 30.0 + noise(row, run) + if fault { 4.0 } else { 0.0 };
            let (p, t) = (0.5 + 0.1 * noise(row, 20 + run), 80.0 + noise(row, 40 + run));
            let (changed, fault) = (u8::from(row == 500 || row == 800), u8::from(fault));
            writeln!(text, "2020-03-{:02} 10:{minute:02}:{second:02};{p:.4};{t:.3};{flow:.3};{fault}.0;{changed}.0", 9 + run)
                .unwrap();
        }
        project.write(&format!("rig/valve{}/{run}.csv", run % 2), text);
    }
    let folder = project.path("rig");
    let folder = folder.to_str().unwrap();
    project.gauntlet(&["data", "init", folder]).succeeds().says(&["3 sensors", "9 groups"]);
    let run = ["run", "pipelines/rig.toml", "--data-dir", folder];
    project.gauntlet(&run).succeeds().says(&["rig_models"]);
    let run = ["run", "pipelines/pump.toml", "--dataset", "rig", "--data-dir", folder];
    let words = ["`middle` is 3 h", "runs for 15 min at a time", "pipelines/rig.toml"];
    project.gauntlet(&run).ends_with(1).warns(&words);
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
