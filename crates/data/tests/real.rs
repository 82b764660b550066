//! The published file and damaged copies of it. `GAUNTLET_REAL_DATA` names a folder of datasets; without it these tests
//! print why they are skipped.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use gauntlet_core::{Digest, Origin, Seed};
use gauntlet_data::{
    DataError, Dataset, Decision, Descriptor, DigestPolicy, Mode, Source, Verification, load,
    resolve, simulate, stratified_split,
};
use tempfile::TempDir;

fn descriptor() -> Descriptor {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/ai4i2020/dataset.toml");
    Descriptor::read(&path).unwrap()
}

/// The published file, or nothing if there is none on this machine.
fn published() -> Option<Source> {
    let Some(folder) = std::env::var_os("GAUNTLET_REAL_DATA") else {
        eprintln!("skipped: GAUNTLET_REAL_DATA does not name a folder with real data");
        return None;
    };
    let raw = Path::new("nowhere");
    match resolve(&descriptor(), Mode::Real, Some(Path::new(&folder)), raw).unwrap() {
        Decision::Found(source) => Some(source),
        other => panic!("GAUNTLET_REAL_DATA is set, but: {other:?}"),
    }
}

fn published_dataset() -> Option<Dataset> {
    published().map(|source| load(&descriptor(), &source, &DigestPolicy::default()).unwrap())
}

/// What loading a changed copy of the published file gives.
fn load_changed(change: impl Fn(String) -> String) -> Option<Result<Dataset, DataError>> {
    let text = fs_err::read_to_string(published()?.path).unwrap();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ai4i2020.csv");
    fs_err::write(&path, change(text)).unwrap();
    let source = Source { path, origin: Origin::Real };
    Some(load(&descriptor(), &source, &DigestPolicy::default()))
}

fn fail(change: impl Fn(String) -> String) -> Option<String> {
    load_changed(change).map(|result| result.unwrap_err().to_string())
}

#[test]
fn the_published_file_has_the_figures_of_its_descriptor() {
    let Some(dataset) = published_dataset() else { return };
    let descriptor = descriptor();
    assert_eq!(dataset.verification, Verification::Published);
    assert!(dataset.notes.is_empty() && dataset.extra_columns.is_empty());
    let frame = &dataset.frame;
    for statistic in &descriptor.statistics {
        let found = match statistic.name.as_str() {
            "rows" => frame.rows() as f64,
            "tools" => {
                f64::from(*descriptor.group.rule.groups(frame).unwrap().last().unwrap()) + 1.0
            }
            "best F1 of the published rules" => {
                (simulate::ai4i::ceiling(frame).unwrap() * 10_000.0).round() / 10_000.0
            }
            "Machine failure" => {
                descriptor.labels(frame).unwrap().iter().filter(|l| **l).count() as f64
            }
            name => match name.strip_prefix("Type ") {
                Some(kind) => {
                    frame.texts("Type").unwrap().iter().filter(|t| *t == kind).count() as f64
                }
                None => frame.numbers(name).unwrap().iter().sum(),
            },
        };
        assert_eq!(found, statistic.value, "{}", statistic.name);
    }
}

#[test]
fn the_published_rules_reproduce_every_rule_mode_of_the_published_file() {
    let Some(dataset) = published_dataset() else { return };
    let rules = simulate::ai4i::published_rules(&dataset.frame).unwrap();
    let modes = ["HDF", "PWF", "OSF"].map(|name| dataset.frame.numbers(name).unwrap());
    for (row, rule) in rules.iter().enumerate() {
        assert_eq!(*rule, modes.iter().any(|mode| mode[row] == 1.0), "row {}", row + 1);
    }
}

#[test]
fn a_fifth_is_sealed_with_a_fifth_of_the_failures() {
    let Some(dataset) = published_dataset() else { return };
    let label = descriptor().labels(&dataset.frame).unwrap();
    let split = stratified_split(&label, 0.2, Seed(42)).unwrap();
    assert_eq!(split.test.len(), 2_000);
    assert_eq!(split.test.iter().filter(|&&row| label[row as usize]).count(), 68);
}

#[test]
fn a_copy_with_other_line_ends_parses_and_is_refused_by_its_digest() {
    let change = |text: String| text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let Some(result) = load_changed(change) else { return };
    let Err(DataError::Digest { found, expected, .. }) = result else { panic!("{result:?}") };
    assert_ne!(found, expected);
    assert_eq!(Some(expected), descriptor().file().sha256);
    let text = change(fs_err::read_to_string(published().unwrap().path).unwrap());
    assert_eq!(found, Digest::of(text.as_bytes()));
}

#[test]
fn a_copy_with_a_renamed_header_names_both_headers() {
    let Some(message) = fail(|t| t.replacen("Machine failure", "Machine_failure", 1)) else {
        return;
    };
    assert!(message.contains("column `Machine failure` is missing"), "{message}");
    assert!(message.contains("`Machine_failure` looks like it"), "{message}");
}

#[test]
fn a_copy_without_a_column_names_it() {
    let drop_last = |text: String| {
        let lines = text.lines().filter_map(|line| line.rsplit_once(',')).map(|(kept, _)| kept);
        lines.collect::<Vec<_>>().join("\r\n")
    };
    let Some(message) = fail(drop_last) else { return };
    assert!(message.ends_with("column `RNF` is missing"), "{message}");
}

#[test]
fn a_copy_with_one_corrupted_cell_names_row_and_column() {
    let Some(message) = fail(|t| t.replacen("5000,", "5000,\u{0}", 1)) else { return };
    assert!(message.contains("digest"), "an identifier takes any text: {message}");
    let bend = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut cells: Vec<&str> = lines[5000].split(',').collect();
        cells[3] = "3o1.7";
        lines[5000] = cells.join(",");
        lines.join("\r\n")
    };
    let message = fail(bend).unwrap();
    let place = "line 5001 (row 5000), column `Air temperature [K]`: `3o1.7` is not a number";
    assert!(message.ends_with(place), "{message}");
}

#[test]
fn a_truncated_copy_names_the_line_it_breaks_off_in() {
    let cut = |text: String| text[..text.len() / 2].to_owned();
    let Some(message) = fail(cut) else { return };
    let text = fs_err::read_to_string(published().unwrap().path).unwrap();
    let line = cut(text).lines().count();
    assert!(message.contains(&format!("line {line} (row {}) has", line - 1)), "{message}");
}

#[test]
fn a_copy_that_ends_at_a_line_end_is_refused_by_its_digest() {
    let cut = |text: String| {
        let lines: Vec<&str> = text.split_inclusive("\r\n").take(5_001).collect();
        lines.concat()
    };
    let Some(message) = fail(cut) else { return };
    assert!(message.contains("the digest is sha256:"), "{message}");
}

#[test]
fn a_copy_with_an_extra_column_can_be_accepted_and_reports_it() {
    let Some(source) = published() else { return };
    let text = fs_err::read_to_string(source.path).unwrap();
    let wide: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(i, line)| if i == 0 { format!("{line},Site") } else { format!("{line},{i}") })
        .collect();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mine.csv");
    fs_err::write(&path, wide.join("\n")).unwrap();
    let accept = Some(Digest::of(wide.join("\n").as_bytes()));
    let source = Source { path, origin: Origin::Real };
    let policy = DigestPolicy { accept, first_use: None };
    let dataset = load(&descriptor(), &source, &policy).unwrap();
    assert_eq!(dataset.extra_columns, ["Site"]);
    assert_eq!(dataset.frame.numbers("Site").unwrap()[9_999], 10_000.0);
}
