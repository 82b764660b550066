//! Gauntlets of sound, on tables of features and on the few real clips there are.

use std::fmt::Write as _;
use std::path::Path;

use crate::project::{Project, real_data};

const AUDIO: &str = "pipelines/audio.toml";

/// A project with the repository's sounds and their pipeline.
fn project() -> Project {
    let project = Project::new();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in [AUDIO, "datasets/mimii/dataset.toml", "datasets/dcase2020/dataset.toml"] {
        project.write(file, fs_err::read(repository.join(file)).unwrap());
    }
    project
}

/// Numbers from 0 to 1 that look random.
fn noise(seed: usize) -> f64 {
    let mixed = (seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 32)) % 10_000) as f64 / 10_000.0
}

/// A table of fans under two ratios, 60 normal and 24 abnormal recordings each, 12 features of which abnormal
/// clips move three, by more where the ratio is better.
fn table(ids: &[usize]) -> String {
    let mut text = "path,".to_owned();
    text += &(0..12).map(|i| format!("feature {i} (mean)")).collect::<Vec<_>>().join(",");
    for (snr, shift) in [("6", 1.0), ("-6", 0.3)] {
        for &id in ids {
            for at in 0..84 {
                let (label, number) = if at < 60 { ("normal", at) } else { ("abnormal", at - 60) };
                let _ = write!(text, "\n{snr}_dB_fan/fan/id_0{id}/{label}/{number:08}.wav");
                for feature in 0..12 {
                    let usual = noise(feature * 1000 + id * 97 + at + snr.len() * 31);
                    let moved = if at >= 60 && feature < 3 { shift } else { 0.0 };
                    let _ = write!(text, ",{}", usual + moved + id as f64);
                }
            }
        }
    }
    text + "\n"
}

const DESCRIPTOR: &str = r#"
name = "fan_table"
title = "Fans, features of clips"
summary = "Made up for a test."
layout = "clip_table"

[origin]
homepage = "https://example.org"
licence = "CC0"
citation = "nobody"

[table]
files = "features.csv"
path = { column = "path", pattern = "{snr}_dB_{machine}/{*}/id_{id}/{label}/{recording}.wav" }
"#;

fn judged(project: &Project, ids: &[usize]) -> serde_json::Value {
    project.write("datasets/fan_table/dataset.toml", DESCRIPTOR);
    project.write("given/features.csv", table(ids));
    let folder = project.path("given");
    let arguments = ["run", AUDIO, "--json", "--dataset", "fan_table", "--data", "real"];
    let place = ["--data-dir", folder.to_str().unwrap()];
    project.gauntlet(&[&arguments[..], &place].concat()).succeeds().json()
}

#[test]
fn a_table_of_features_is_judged_per_machine_and_ratio() {
    let project = project();
    let printed = judged(&project, &[0, 2]);
    let judgement = &printed["judgement"];
    assert_eq!(judgement["origin"], "real");
    let machine = &judgement["machines"][0];
    let winner = &machine["participants"][0];
    assert_eq!((&machine["machine"], &winner["id"]), (&"fan".into(), &"nearest".into()));
    assert_eq!(winner["summary"], "all");
    let of =
        |at: usize| winner["judged"]["tasks"][at]["auc"]["estimate"]["value"].as_f64().unwrap();
    let places: Vec<&str> =
        (0..4).map(|at| winner["judged"]["tasks"][at]["place"]["snr"].as_str().unwrap()).collect();
    assert_eq!(places, ["-6 dB", "6 dB", "-6 dB", "6 dB"]);
    assert!(of(1) > 0.95 && of(3) > 0.95, "{} {}", of(1), of(3));
    assert!(of(0) < of(1) && of(0) > 0.5, "{} {}", of(0), of(1));
    let kinds: Vec<&str> = machine["participants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["id"].as_str().unwrap())
        .collect();
    assert!(!kinds.contains(&"autoencoder"), "{kinds:?}: there are no frames in a table");
    for participant in machine["participants"].as_array().unwrap() {
        let parity = &participant["parity"];
        assert_eq!(parity["labels_differ"], 0, "{participant}");
        assert!(parity["largest"].as_f64() <= parity["tolerance"].as_f64(), "{participant}");
    }
    let name = &printed["names"][0];
    assert_eq!(name["model"], "mimii_audio_anomaly_fan_table_fan");
    assert_eq!(name["champion"], 1, "{name}");
    // A recording has the same side under both ratios.
    let recordings = |at: usize| -> Vec<&str> {
        let clips = winner["scores"][at]["clips"].as_array().unwrap();
        clips.iter().map(|clip| clip["recording"].as_str().unwrap()).collect()
    };
    assert_eq!(recordings(0), recordings(1));

    let again = judged(&project, &[0, 2]);
    assert_eq!(again["names"][0]["digest"], name["digest"], "the same bytes twice");
    assert_eq!(again["judgement"]["openings"], 2);
    let report = project.gauntlet(&["report", AUDIO]).succeeds();
    assert!(report.stdout.contains("features were computed elsewhere"), "{}", report.stdout);
    for file in ["card.md", "plots/roc_fan.png", "plots/scores_fan.svg"] {
        assert!(project.path("reports/audio").join(file).is_file(), "{file}");
    }
}

#[test]
fn a_champion_that_never_heard_a_machine_is_kept_until_people_decide() {
    let project = project();
    assert_eq!(judged(&project, &[0, 2])["names"][0]["champion"], 1);
    let printed = judged(&project, &[0, 2, 4]);
    let name = &printed["names"][0];
    assert_eq!((&name["champion"], &name["verdict"]["decision"]), (&1.into(), &"hold".into()));
    let rules = name["verdict"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["name"] == "champion").unwrap();
    let reason = rule["reason"].as_str().unwrap();
    assert!(
        reason.contains("cannot be judged on these clips") && reason.contains("id_04"),
        "{reason}"
    );
}

#[test]
fn a_descriptor_that_does_not_fit_its_table_names_the_columns_there_are() {
    let project = project();
    let wrong = DESCRIPTOR.replace("column = \"path\"", "column = \"file\"");
    project.write("datasets/fan_table/dataset.toml", wrong);
    project.write("given/features.csv", table(&[0, 2]));
    let folder = project.path("given");
    let arguments = ["run", AUDIO, "--dataset", "fan_table", "--data", "real"];
    let place = ["--data-dir", folder.to_str().unwrap()];
    let refused = project.gauntlet(&[&arguments[..], &place].concat()).ends_with(1);
    assert!(
        refused.stderr.contains("file") && refused.stderr.contains("path"),
        "{}",
        refused.stderr
    );
}

#[test]
fn few_real_clips_are_judged_and_never_promoted() {
    let Some(data) = real_data() else { return };
    let project = project();
    let folder = data.join("mimii").to_str().unwrap().to_owned();
    let verified = project.gauntlet(&["data", "verify", "mimii", "--data-dir", &folder]).succeeds();
    assert!(verified.stdout.contains("8 normal and 8 abnormal"), "{}", verified.stdout);
    project.edit(AUDIO, |pipeline| {
        pipeline["frames"]["contender"]["epochs"] = toml::Value::Integer(2);
    });
    let run = ["run", AUDIO, "--json", "--data", "real", "--data-dir", &folder];
    let printed = project.gauntlet(&run).succeeds().json();
    let kinds = printed["judgement"]["machines"][0]["participants"].as_array().unwrap();
    let of = |kind: &str| kinds.iter().find(|p| p["id"] == kind);
    let frames = of("autoencoder").expect("it hears frames");
    assert_eq!(frames["parity"]["labels_differ"], 0, "{frames}");
    let verdict = &printed["names"][0]["verdict"];
    assert_ne!(verdict["decision"], "promote", "{verdict}");
    let report = project.gauntlet(&["report", AUDIO]).succeeds();
    assert!(report.stdout.contains("4 normal recordings are judged on"), "{}", report.stdout);
    assert!(project.path("reports/audio/plots/log_mel_fan.png").is_file());
}
