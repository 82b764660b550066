//! What a rig's descriptor must satisfy beyond its types.

use std::collections::BTreeSet;

use super::{Bearing, FeatureTable, Rig, RigLayout, Run, SnapshotFiles};
use crate::descriptor::check::{Finding, ensure, is_folder_name, is_inside, outside};

impl Rig {
    /// The first entry that contradicts another.
    pub(super) fn check(&self) -> Result<(), Finding> {
        ensure(is_folder_name(&self.name), "name", "use small letters, digits, `-` and `_`")?;
        for place in &self.also {
            ensure(is_inside(place), "also", outside(place))?;
        }
        for download in &self.download {
            download.check()?;
        }
        self.check_layout()?;
        self.check_rates()?;
        let mut names = BTreeSet::new();
        for run in &self.runs {
            let twice = format!("`{}` stands twice", run.name);
            ensure(names.insert(&run.name), "runs.name", twice)?;
            self.check_run(run)?;
        }
        self.check_bearings("bearings", &self.bearings)
    }

    fn check_layout(&self) -> Result<(), Finding> {
        let table = self.layout == RigLayout::FeatureTable;
        let free = self.layout == RigLayout::CsvSnapshots;
        let only = |layout: &str| format!("the layout `{layout}` has it, and no other");
        ensure(self.table.is_some() == table, "table", only("feature_table"))?;
        ensure(self.snapshots.is_some() == free, "snapshots", only("csv_snapshots"))?;
        ensure(table || self.recording.is_some(), "recording", "snapshots need a sampling rate")?;
        let listed = !self.runs.is_empty();
        ensure(listed || free, "runs", "only `csv_snapshots` does without a list of runs")?;
        ensure(
            listed || !self.bearings.is_empty(),
            "bearings",
            "without a list of runs all have the same bearings, which are listed here",
        )?;
        self.table.as_ref().map_or(Ok(()), FeatureTable::check)?;
        self.snapshots.as_ref().map_or(Ok(()), SnapshotFiles::check)
    }

    fn check_rates(&self) -> Result<(), Finding> {
        let Some(recording) = &self.recording else { return Ok(()) };
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let rate = recording.sampling_rate_hz;
        ensure(positive(rate), "recording.sampling_rate_hz", format!("{rate} is not positive"))?;
        ensure(recording.samples != Some(0), "recording.samples", "a snapshot has samples")?;
        let unnamed = self.runs.is_empty() || self.runs.iter().any(|run| run.rpm.is_none());
        ensure(
            recording.rpm.is_some() || !unnamed,
            "recording.rpm",
            "give the speed here or for every run",
        )?;
        for rpm in self.runs.iter().filter_map(|run| run.rpm).chain(recording.rpm) {
            ensure(positive(rpm), "rpm", format!("{rpm} is not positive"))?;
        }
        Ok(())
    }

    fn check_run(&self, run: &Run) -> Result<(), Finding> {
        let table = self.layout == RigLayout::FeatureTable;
        let here = |what: &str| format!("run `{}`: {what}", run.name);
        ensure(
            run.file.is_some() == table,
            "runs.file",
            here("a run of a table of features has a file, and no other run has"),
        )?;
        for place in run.places().iter().chain(&run.truncated).chain(&run.file) {
            ensure(is_inside(place), "runs", here(&outside(place)))?;
        }
        ensure(
            table || !run.bearings.is_empty() || !self.bearings.is_empty(),
            "runs.bearings",
            here("it has no bearings, and the rig lists none"),
        )?;
        self.check_bearings("runs.bearings", &run.bearings)
    }

    fn check_bearings(&self, key: &str, bearings: &[Bearing]) -> Result<(), Finding> {
        let table = self.layout == RigLayout::FeatureTable;
        let (mut names, mut columns) = (BTreeSet::new(), BTreeSet::new());
        for bearing in bearings {
            let here = |what: &str| format!("bearing `{}`: {what}", bearing.name);
            ensure(names.insert(&bearing.name), key, here("it stands twice"))?;
            ensure(
                table == bearing.channels.is_empty(),
                key,
                here("snapshots have columns for it, and a table of features maps its own"),
            )?;
            ensure(!bearing.channels.contains(&0), key, here("columns count from 1"))?;
            ensure(
                bearing.failed || bearing.faults.is_empty(),
                key,
                here("it is damaged and has not failed"),
            )?;
            for column in &bearing.channels {
                let twice = here(&format!("column {column} measures two channels"));
                ensure(columns.insert(column), key, twice)?;
            }
            ensure(bearing.onset_file != Some(0), key, here("files count from 1"))?;
        }
        Ok(())
    }
}

impl FeatureTable {
    fn check(&self) -> Result<(), Finding> {
        ensure(
            self.pattern.is_some() == self.columns.is_empty(),
            "table",
            "map headers by a `pattern` or by `columns`, one of the two",
        )?;
        let Some(pattern) = &self.pattern else { return Ok(()) };
        for hole in ["{bearing}", "{feature}"] {
            let holds = pattern.matches(hole).count() == 1;
            ensure(holds, "table.pattern", format!("`{hole}` stands in it once"))?;
        }
        let apart = pattern.matches("{channel}").count() <= 1 && !pattern.contains("}{");
        ensure(apart, "table.pattern", "text must stand between its parts")
    }
}

impl SnapshotFiles {
    fn check(&self) -> Result<(), Finding> {
        ensure(
            self.time.is_some() != self.every_seconds.is_some(),
            "snapshots",
            "the time comes from file names (`time`) or from their order (`every_seconds`)",
        )?;
        let every = self.every_seconds.unwrap_or(1.0);
        ensure(
            every.is_finite() && every > 0.0,
            "snapshots.every_seconds",
            format!("{every} is not positive"),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const GOOD: &str = r#"
        name = "press"
        title = "A press"
        summary = "One bearing."
        layout = "csv_snapshots"
        recording = { sampling_rate_hz = 10_000, unit = "g", rpm = 1500 }
        snapshots = { header = false, every_seconds = 60 }
        runs = [{ name = "first", rpm = 1200, bearings = [{ name = "1", channels = [1], faults = ["cage"], failed = true }] }]
        bearings = [{ name = "1", channels = [2] }]
        [origin]
        homepage = "https://example.org"
        licence = "CC0"
        citation = "nobody"
    "#;

    const TABLE: &str = r#"
        name = "press"
        title = "A press"
        summary = "One bearing."
        layout = "feature_table"
        table = { time = "t", time_format = "hours", pattern = "{bearing}_{feature}" }
        runs = [{ name = "first", file = "first.csv" }]
        [origin]
        homepage = "https://example.org"
        licence = "CC0"
        citation = "nobody"
    "#;

    fn read(text: &str) -> Result<Rig, String> {
        Rig::parse(Path::new("dataset.toml"), text).map_err(|e| e.to_string())
    }

    #[test]
    fn the_speed_of_a_run_is_its_own_or_the_rigs() {
        let rig = read(GOOD).unwrap();
        assert_eq!(rig.setup("first").shaft_hz, 20.0);
        assert_eq!(rig.setup("any other").shaft_hz, 25.0);
        assert_eq!(rig.channel_name(1), "2");
        assert_eq!(read(TABLE).unwrap().setup("first").shaft_hz, 0.0);
    }

    #[test]
    fn contradictions_name_the_entry_that_is_wrong() {
        for (good, from, to, key) in [
            (GOOD, "name = \"press\"", "name = \"a press\"", "name"),
            (GOOD, "unit = \"g\", rpm = 1500", "unit = \"g\", rpm = -1", "rpm"),
            (GOOD, "10_000", "nan", "recording.sampling_rate_hz"),
            (GOOD, "every_seconds = 60", "every_seconds = 0", "snapshots.every_seconds"),
            (GOOD, ", every_seconds = 60", "", "snapshots"),
            (GOOD, "csv_snapshots", "ims", "snapshots"),
            (GOOD, "channels = [1]", "channels = [0]", "runs.bearings"),
            (GOOD, "channels = [1], ", "", "runs.bearings"),
            (GOOD, "channels = [2]", "channels = [2, 2]", "bearings"),
            (GOOD, "failed = true", "failed = false", "runs.bearings"),
            (GOOD, "name = \"first\"", "name = \"first\", folders = [\"../x\"]", "runs"),
            (GOOD, "name = \"first\"", "name = \"first\", file = \"x\"", "runs.file"),
            (TABLE, "{bearing}_{feature}", "{bearing}{feature}", "table.pattern"),
            (TABLE, "{bearing}_{feature}", "{bearing}", "table.pattern"),
            (TABLE, ", file = \"first.csv\"", "", "runs.file"),
            (TABLE, "feature_table", "xjtu", "table"),
        ] {
            assert!(good.contains(from), "{from}");
            let message = read(&good.replacen(from, to, 1)).unwrap_err();
            assert!(message.contains(&format!(": {key}: ")), "{to} gave {message}");
        }
    }

    #[test]
    fn a_time_format_that_is_none_is_refused() {
        let message = read(&TABLE.replace("\"hours\"", "\"%Y\"")).unwrap_err();
        assert!(message.contains("`%Y` is no pattern of time stamps"), "{message}");
    }
}
