//! A project in a temporary folder: the repository's descriptors, registry settings and pipeline, and
//! smaller pipelines made from it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use toml::Table;

use crate::ran::Ran;

/// A pipeline file that is quick to run.
pub(crate) const QUICK: &str = "pipelines/quick.toml";

/// The pipeline file of the repository, unchanged.
pub(crate) const FULL: &str = "pipelines/ai4i.toml";

/// An address at which nobody answers: port 1 of the loopback.
const NOWHERE: &str = "http://127.0.0.1:1/ai4i2020.zip";

/// A project of its own. Downloads go nowhere, so that no test depends on a network.
#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// A project whose quick pipeline has one contender on one recipe.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for file in ["datasets/ai4i2020/dataset.toml", "registry/registry.toml", FULL] {
            project.write(file, fs_err::read(repository.join(file)).unwrap());
        }
        project.edit("datasets/ai4i2020/dataset.toml", |descriptor| {
            descriptor["download"][0]["url"] = NOWHERE.into();
        });
        project.write(QUICK, project.read(FULL));
        project.pipeline(quick);
        project
    }

    /// A project whose quick pipeline has every kind of contender, on both recipes.
    pub(crate) fn with_every_kind() -> Self {
        let project = Self::new();
        project.write(QUICK, project.read(FULL));
        project.pipeline(|pipeline| {
            fast_protocol(pipeline);
            let contenders = pipeline["contenders"].as_array_mut().unwrap();
            for contender in contenders.iter_mut().filter(|c| c.get("trees").is_some()) {
                contender["trees"] = 12.into();
            }
        });
        project
    }

    /// The project's root.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A path below the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    /// Writes a file below the root.
    pub(crate) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, bytes).unwrap();
        path
    }

    /// The text of a file below the root.
    pub(crate) fn read(&self, relative: &str) -> String {
        fs_err::read_to_string(self.path(relative)).unwrap()
    }

    /// The JSON of a file below the root.
    pub(crate) fn json(&self, relative: &str) -> Value {
        serde_json::from_str(&self.read(relative)).unwrap()
    }

    /// Changes a TOML file below the root.
    pub(crate) fn edit(&self, relative: &str, change: impl FnOnce(&mut Table)) {
        let mut table: Table = self.read(relative).parse().unwrap();
        change(&mut table);
        self.write(relative, toml::to_string(&table).unwrap());
    }

    /// Changes the quick pipeline.
    pub(crate) fn pipeline(&self, change: impl FnOnce(&mut Table)) {
        self.edit(QUICK, change);
    }

    /// A file of rows in the published layout that nobody but the project's user vouches for, and its
    /// digest. `change` may alter the table before it is written.
    pub(crate) fn own_copy(
        &self,
        rows: usize,
        change: impl FnOnce(&mut crate::table::Rows),
    ) -> (PathBuf, String) {
        let drawn = tempfile::tempdir().unwrap();
        let descriptor = "datasets/ai4i2020/dataset.toml";
        let there = drawn.path().join(descriptor);
        fs_err::create_dir_all(there.parent().unwrap()).unwrap();
        fs_err::copy(self.path(descriptor), there).unwrap();
        self.command(&[
            "data",
            "simulate",
            "ai4i2020",
            "--rows",
            &rows.to_string(),
            "--seed",
            "11",
        ])
        .arg("--root")
        .arg(drawn.path())
        .output()
        .unwrap();
        let drawn = drawn.path().join("datasets/ai4i2020/simulated/ai4i2020.csv");
        let mut table = crate::table::Rows::parse(&fs_err::read_to_string(drawn).unwrap());
        change(&mut table);
        let text = table.to_text();
        let path = self.write("copy/ai4i2020.csv", &text);
        (path, gauntlet_core::Digest::of(text.as_bytes()).to_string())
    }

    /// The program in this project, untouched by the environment of whoever runs the tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gauntlet"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_lowercase();
            let foreign = text.starts_with("gauntlet_") || text.starts_with("kaggle_");
            if foreign || text.ends_with("_proxy") {
                command.env_remove(&name);
            }
        }
        command.current_dir(self.root()).args(arguments).env("GAUNTLET_USER", "tester");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn gauntlet(&self, arguments: &[&str]) -> Ran {
        Ran::of(arguments, self.command(arguments).output().unwrap())
    }

    /// `gauntlet run` of the quick pipeline on simulated rows, with further arguments.
    pub(crate) fn simulated(&self, arguments: &[&str]) -> Ran {
        self.gauntlet(&[&["run", QUICK, "--data", "simulated"], arguments].concat())
    }

    /// Whether nothing is registered and no sealed rows were opened.
    pub(crate) fn is_untouched(&self) -> bool {
        let models = self.gauntlet(&["registry", "list", "--json"]).succeeds().json();
        let bundles = self.path("registry/artifacts/bundles");
        models == serde_json::json!([])
            && (!bundles.exists() || fs_err::read_dir(bundles).unwrap().next().is_none())
            && !self.path("registry/published/ai4i_classifier_sim").exists()
            && !self.path("reports/ai4i/seal.jsonl").exists()
    }
}

/// One small forest on the engineered recipe, which has to beat the majority only.
fn quick(pipeline: &mut Table) {
    fast_protocol(pipeline);
    let recipes = pipeline["recipes"].as_table_mut().unwrap();
    recipes.remove("baseline");
    let engineered = recipes["engineered"].as_table_mut().unwrap();
    engineered.insert("blocking".to_owned(), vec!["majority"].into());
    engineered.remove("f1_not_below");
    let baselines = pipeline["baselines"].as_table_mut().unwrap();
    baselines.retain(|name, _| name == "majority" || name == "physics_rules");
    let contenders = pipeline["contenders"].as_array_mut().unwrap();
    contenders.truncate(1);
    contenders[0]["trees"] = 10.into();
    pipeline["trap"]["recipe"] = "engineered".into();
}

/// The shortest protocol that the program accepts as sound.
fn fast_protocol(pipeline: &mut Table) {
    let split = pipeline["split"].as_table_mut().unwrap();
    for (key, value) in [("folds", 2), ("repeats", 1), ("inner_folds", 2)] {
        split.insert(key.to_owned(), value.into());
    }
    pipeline["judgement"]["replicates"] = 100.into();
}

/// The folder of real datasets that `GAUNTLET_REAL_DATA` names; says why a test is left out if it is unset.
pub(crate) fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("GAUNTLET_REAL_DATA").filter(|folder| !folder.is_empty());
    let Some(folder) = folder.map(PathBuf::from) else {
        println!("left out: GAUNTLET_REAL_DATA does not name a folder with ai4i2020/ai4i2020.csv");
        return None;
    };
    let file = folder.join("ai4i2020/ai4i2020.csv");
    assert!(file.is_file(), "GAUNTLET_REAL_DATA is set, but {} does not exist", file.display());
    Some(folder)
}
