//! A run that is killed leaves the old state or the new, and the next run completes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Child;
use std::time::{Duration, Instant};

use gauntlet_core::Digest;
use gauntlet_registry::Step;
use serde_json::Value;

use crate::project::{Project, QUICK};

const RUN: [&str; 4] = ["run", QUICK, "--data", "simulated"];

/// Reads standard error until a line holds `word`; everything after it is still to be read.
fn wait_for(child: &mut Child, word: &str) -> bool {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    lines.map_while(Result::ok).any(|line| line.contains(word))
}

/// Ends the process at once, without a chance to clean up.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What a kill leaves must be whole: JSON that parses, lines that end.
#[track_caller]
fn assert_readable(project: &Project) {
    project.assert_consistent();
    for file in ["metrics.json", "verdict.json", "seal.jsonl"] {
        let path = project.path("reports/ai4i").join(file);
        let text = if path.exists() { fs_err::read_to_string(path).unwrap() } else { continue };
        assert!(text.ends_with('\n'), "{file}");
        if file == "seal.jsonl" {
            text.lines().for_each(|line| drop(serde_json::from_str::<Value>(line).unwrap()));
        } else {
            serde_json::from_str::<Value>(&text).unwrap();
        }
    }
}

#[track_caller]
fn killed_after(step: Step) {
    let project = Project::new();
    // Somebody else's models are the old state.
    project.pipeline(|p| p["registered_name"] = "older".into());
    project.simulated(&[]).succeeds();
    let old = project.aliases();
    project.pipeline(|p| p["registered_name"] = "ai4i_classifier".into());

    let name = serde_json::to_value(step).unwrap();
    let name = name.as_str().unwrap();
    let mut child = project.command(&RUN).env("GAUNTLET_HOLD_AT", name).spawn().unwrap();
    let held = wait_for(&mut child, &format!("holding at {name}"));
    assert!(held, "the run ended before {name}");
    kill(child);

    assert_readable(&project);
    let committed = step >= Step::Committed;
    let models = ["ai4i_classifier_randomforest_engineered_sim", "ai4i_classifier_sim"];
    let mut expected = old.clone();
    if committed {
        expected.extend(models.map(|model| (model.to_owned(), [("champion".into(), 1)].into())));
    }
    assert_eq!(project.aliases(), expected, "{name}");

    let again = project.gauntlet(&[&RUN[..], &["--json", "--require-promotion"]].concat());
    let again = again.succeeds().json();
    let status = if committed { "unchanged" } else { "registered" };
    for outcome in again["names"].as_array().unwrap() {
        assert_eq!((&outcome["status"], &outcome["champion"]), (&status.into(), &1.into()));
    }
    expected.extend(models.map(|model| (model.to_owned(), [("champion".into(), 1)].into())));
    assert_eq!(project.aliases(), expected);
    assert_readable(&project);
}

#[test]
fn killed_with_bundles_stored_leaves_the_old_state() {
    killed_after(Step::ArtifactsStored);
}

#[test]
fn killed_with_bundles_verified_leaves_the_old_state() {
    killed_after(Step::ArtifactsVerified);
}

#[test]
fn killed_in_its_transaction_leaves_the_old_state() {
    killed_after(Step::InTransaction);
}

#[test]
fn killed_after_its_commit_leaves_the_new_state() {
    killed_after(Step::Committed);
}

#[test]
fn killed_with_pointers_published_leaves_the_new_state() {
    killed_after(Step::PointersPublished);
}

/// A share from 0 to 1 that is the same in every run of the tests.
fn share(of: u32) -> f64 {
    f64::from(Digest::of(&of.to_le_bytes()).bytes()[0]) / 256.0
}

/// Runs that differ in their seeds are killed in one project; then one is let run to its end.
fn killed_ten_times(kill_one: impl Fn(&Project, &[&str], u32)) {
    let project = Project::new();
    for number in 0..10 {
        let seed = (100 + number).to_string();
        kill_one(&project, &[&RUN[..], &["--seed", &seed]].concat(), number);
        assert_readable(&project);
    }
    let last = project.simulated(&["--json"]).succeeds().json();
    for outcome in last["names"].as_array().unwrap() {
        assert!(outcome["champion"].is_u64(), "{outcome}");
    }
    assert_readable(&project);
    let unfinished = project.path("registry/artifacts/bundles");
    let litter = fs_err::read_dir(unfinished)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(litter.count(), 0, "a finished registration sweeps up");
}

#[test]
fn killed_at_any_moment_of_a_run_leaves_a_sound_registry() {
    let rehearsal = Project::new();
    let start = Instant::now();
    rehearsal.simulated(&[]).succeeds();
    let whole = start.elapsed();
    killed_ten_times(|project, arguments, number| {
        let child = project.command(arguments).spawn().unwrap();
        std::thread::sleep(whole.mul_f64((f64::from(number) + share(number)) / 10.0));
        kill(child);
    });
}

#[test]
fn killed_while_it_registers_or_reports_leaves_a_sound_registry() {
    killed_ten_times(|project, arguments, number| {
        let mut child = project.command(arguments).spawn().unwrap();
        // The line is printed when the sealed rows are opened; the registration follows at once.
        let mut stderr = child.stderr.take().unwrap();
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(b"judge  ") && stderr.read(&mut byte).unwrap() == 1 {
            seen.push(byte[0]);
        }
        std::thread::sleep(Duration::from_millis(200).mul_f64(f64::from(number) + share(number)));
        kill(child);
    });
}
