//! Gauntlets of vibration, on small simulated recordings and on real tables of features.

use std::path::Path;

use crate::project::{Project, real_data};

const IMS: &str = "pipelines/vibration.toml";
const SMALL: [&str; 4] = ["--data", "simulated", "--scale", "12:1024"];

/// A project with the repository's rigs and pipelines of vibration.
fn project() -> Project {
    let project = Project::new();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in [
        IMS,
        "pipelines/femto.toml",
        "datasets/ims/dataset.toml",
        "datasets/ims_features/dataset.toml",
        "datasets/femto/dataset.toml",
    ] {
        project.write(file, fs_err::read(repository.join(file)).unwrap());
    }
    project
}

#[test]
fn simulated_recordings_give_the_same_bundles_twice_and_on_one_thread() {
    let project = project();
    let first = project.gauntlet(&[&["run", IMS, "--json"], &SMALL[..]].concat()).succeeds().json();
    let digests = |printed: &serde_json::Value| -> Vec<String> {
        let names = printed["names"].as_array().unwrap();
        names.iter().map(|name| name["digest"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(first["judgement"]["origin"], "simulated");
    for outcome in first["names"].as_array().unwrap() {
        assert!(outcome["model"].as_str().unwrap().ends_with("_sim"), "{outcome}");
    }
    let again = ["run", IMS, "--json", "--jobs", "1"];
    let second = project.gauntlet(&[&again[..], &SMALL].concat()).succeeds().json();
    assert_eq!(digests(&first), digests(&second));
    assert_eq!(second["judgement"]["openings"], 2);
    for file in ["metrics.json", "verdict.json", "card.md", "plots/health_indicator.png"] {
        assert!(project.path("reports/vibration").join(file).is_file(), "{file}");
    }
    let report = project.gauntlet(&["report", IMS]).succeeds();
    assert!(report.stdout.contains("SIMULATED"), "{}", report.stdout);
}

#[test]
fn a_damaged_file_is_named_and_left_out_only_when_that_is_asked_for() {
    let project = project();
    project.gauntlet(&[&["run", IMS, "--quiet"], &SMALL[..]].concat()).succeeds();
    let folder = project.path("datasets/ims/simulated/2nd_test");
    let real = project.path("real/2nd_test");
    fs_err::create_dir_all(&real).unwrap();
    let mut files: Vec<_> = fs_err::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in &files {
        fs_err::copy(file, real.join(file.file_name().unwrap())).unwrap();
    }
    let name = files[30].file_name().unwrap();
    // The small files have fewer rows than described.
    project.edit("datasets/ims/dataset.toml", |rig| {
        rig["recording"].as_table_mut().unwrap().remove("samples");
    });
    let text = fs_err::read_to_string(real.join(name)).unwrap();
    fs_err::write(real.join(name), text.replacen('\t', "\toops", 1)).unwrap();
    let data = project.path("real");
    let arguments = ["run", IMS, "--data", "real", "--data-dir", data.to_str().unwrap()];
    let refused = project.gauntlet(&arguments).ends_with(1);
    let name = name.to_str().unwrap();
    assert!(
        refused.stderr.contains(name) && refused.stderr.contains("row 1"),
        "{}",
        refused.stderr
    );
    let report = project.gauntlet(&[&arguments[..], &["--skip-damaged", "1"]].concat()).succeeds();
    assert!(report.stdout.contains("left out: ") && report.stdout.contains(name));
}

#[test]
fn set_two_of_ims_is_called_in_time_and_its_neighbours_are_not() {
    let Some(real) = real_data() else { return };
    let project = project();
    let folder = real.join("ims/derived_features");
    let arguments =
        ["run", IMS, "--dataset", "ims_features", "--data", "real", "--json", "--data-dir"];
    let printed =
        project.gauntlet(&[&arguments[..], &[folder.to_str().unwrap()]].concat()).succeeds().json();
    let indicator = &printed["judgement"]["participants"][0];
    assert_eq!(indicator["id"], "health_indicator");
    let bearings = indicator["judged"]["bearings"].as_array().unwrap();
    let alarm = bearings[0]["alarm"]["hours"].as_f64().unwrap();
    assert!(alarm <= 90.0, "file 540 is hour 90: {alarm}");
    assert!(bearings[1..].iter().all(|bearing| bearing["alarm"].is_null()));
    assert_eq!(printed["names"][0]["verdict"]["decision"], "hold", "one failure promotes nothing");
}

#[test]
fn both_femto_bearings_are_called_before_their_end() {
    let Some(real) = real_data() else { return };
    let project = project();
    let arguments = ["run", "pipelines/femto.toml", "--data", "real", "--json", "--data-dir"];
    let printed =
        project.gauntlet(&[&arguments[..], &[real.to_str().unwrap()]].concat()).succeeds().json();
    let judged = &printed["judgement"]["participants"][0]["judged"];
    assert_eq!((&judged["found"], &judged["failures"]), (&2.into(), &2.into()));
}
