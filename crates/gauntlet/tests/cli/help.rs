//! Every command explains itself, and wrong usage ends with exit code 2.

use crate::project::{Project, QUICK};

/// The commands below `path`, from the help's own list.
fn commands(project: &Project, path: &[&str]) -> Vec<String> {
    let help = project.gauntlet(&[path, &["--help"]].concat()).succeeds().stdout;
    let list = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
    let names = list.lines().take_while(|line| line.starts_with("  "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_has_help_with_an_example() {
    let project = Project::new();
    let mut leaves = Vec::new();
    for command in commands(&project, &[]) {
        let below = commands(&project, &[&command]);
        if below.is_empty() {
            leaves.push(command);
        } else {
            leaves.extend(below.into_iter().map(|name| format!("{command} {name}")));
        }
    }
    for expected in ["run", "judge", "registry rollback", "data fetch"] {
        assert!(leaves.iter().any(|leaf| leaf == expected), "{leaves:?}");
    }
    assert!(leaves.len() >= 15, "{leaves:?}");
    for leaf in leaves {
        let arguments: Vec<&str> = leaf.split(' ').chain(["--help"]).collect();
        let example = format!("gauntlet {leaf}");
        project.gauntlet(&arguments).succeeds().says(&["Example:", &example]);
    }
}

#[test]
fn the_help_names_the_exit_codes_and_there_is_a_version() {
    let project = Project::new();
    let codes = ["Exit codes: 0 done", "1 failed", "2 wrong usage", "3 data missing", "4 the gate"];
    project.gauntlet(&["--help"]).succeeds().says(&codes);
    project.gauntlet(&["--version"]).succeeds().says(&[env!("CARGO_PKG_VERSION")]);
}

#[test]
fn wrong_usage_ends_with_exit_code_2() {
    let project = Project::new();
    for (arguments, word) in [
        (vec!["runn"], "run"),
        (vec!["run"], "<PIPELINE>"),
        (vec!["run", QUICK, "--frobnicate"], "--frobnicate"),
        (vec!["run", QUICK, "--data", "imaginary"], "auto, real, simulated"),
        (vec!["run", QUICK, "--accept-sha", "abc"], "--accept-sha"),
        (vec!["run", QUICK, "--seed", "minus one"], "--seed"),
        (vec!["run", QUICK, "--trap", "--require-promotion"], "--trap"),
        (vec!["run", QUICK, "--jobs", "0"], "--jobs"),
        (vec!["run", "pipelines/absent.toml"], "pipelines/absent.toml"),
        (vec!["registry", "show", "m@two words/3"], "two words/3"),
        (vec!["registry", "promote", "m", "one"], "one"),
        (vec!["registry", "promote", "m", "1", "--expect", "first"], "--expect"),
        (vec!["registry", "promote", "m", "1", "--force"], "--reason"),
        (vec!["data", "fetch", "ai4i2020", "--mirror", "nowhere"], "--mirror"),
    ] {
        project.gauntlet(&arguments).ends_with(2).warns(&[word]);
    }
    assert!(project.is_untouched());
}

#[test]
fn no_command_at_all_shows_the_commands() {
    let project = Project::new();
    let output = project.command(&[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("Commands:") && text.contains("registry"), "{text}");
}

#[test]
fn a_project_can_be_worked_on_from_elsewhere() {
    let project = Project::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let pipeline = project.path(QUICK);
    let arguments = ["prepare", pipeline.to_str().unwrap(), "--data", "simulated", "--root"];
    let mut command = project.command(&arguments);
    command.arg(project.root()).current_dir(elsewhere.path());
    assert!(command.output().unwrap().status.success());
    assert!(project.path("work/ai4i/prepare/prepared.json").is_file());
    assert!(fs_err::read_dir(elsewhere.path()).unwrap().next().is_none());
}
