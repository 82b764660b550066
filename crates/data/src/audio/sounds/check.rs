//! What a descriptor of sounds must satisfy beyond its types.

use super::table::ROLES;
use super::{ClipTable, Sounds, SoundsLayout};
use crate::descriptor::check::{Finding, ensure, is_folder_name, is_inside, outside};
use crate::pattern::{self, ANYTHING};

impl Sounds {
    /// The first entry that contradicts another.
    pub(super) fn check(&self) -> Result<(), Finding> {
        ensure(is_folder_name(&self.name), "name", "use small letters, digits, `-` and `_`")?;
        for place in &self.also {
            ensure(is_inside(place), "also", outside(place))?;
        }
        for download in &self.download {
            download.check()?;
        }
        let table = self.layout == SoundsLayout::ClipTable;
        ensure(
            self.table.is_some() == table,
            "table",
            "the layout `clip_table` has it, and no other",
        )?;
        ensure(table || self.recording.is_some(), "recording", "clips need a sampling rate")?;
        if let Some(recording) = &self.recording {
            let positive = "it has to be positive";
            ensure(recording.sampling_rate_hz > 0, "recording.sampling_rate_hz", positive)?;
            ensure(recording.channels > 0, "recording.channels", positive)?;
            ensure(recording.samples != Some(0), "recording.samples", positive)?;
        }
        self.table.as_ref().map_or(Ok(()), ClipTable::check)
    }
}

impl ClipTable {
    fn check(&self) -> Result<(), Finding> {
        // A hole may stand where a folder's or file's name would.
        let plain = self.files.replace(['{', '}', '*'], "x");
        ensure(is_inside(&plain), "table.files", outside(&self.files))?;
        check_holes("table.files", &self.files)?;
        if let Some(path) = &self.path {
            check_holes("table.path.pattern", &path.pattern)?;
        }
        for (key, names) in [("columns", &self.columns), ("constants", &self.constants)] {
            for role in names.keys() {
                ensure(is_role(role), &format!("table.{key}"), not_a_role(role))?;
            }
        }
        for (role, needed) in ROLES {
            let sources = self.sources(role);
            let places: Vec<&str> = sources.iter().map(|(place, _)| *place).collect();
            let twice = format!("`{role}` is told by {}: keep one", places.join(" and "));
            ensure(sources.len() <= 1, "table", twice)?;
            let untold = format!(
                "nothing tells `{role}`: name its column in `columns`, write it in `constants`, or put \
                 `{{{role}}}` into `path.pattern` or `files`"
            );
            ensure(!needed || !sources.is_empty(), "table", untold)?;
        }
        for spelling in &self.labels.normal {
            let both = format!("`{spelling}` is both normal and abnormal");
            ensure(!self.labels.abnormal.contains(spelling), "table.labels", both)?;
        }
        Ok(())
    }
}

fn check_holes(key: &str, pattern: &str) -> Result<(), Finding> {
    let Some(holes) = pattern::holes(pattern) else {
        return ensure(false, key, format!("a brace of `{pattern}` is not closed or not opened"));
    };
    for hole in holes {
        ensure(is_role(hole) || hole == ANYTHING, key, not_a_role(hole))?;
    }
    ensure(!pattern.contains("}{"), key, "text must stand between its parts")
}

fn is_role(name: &str) -> bool {
    ROLES.iter().any(|(role, _)| *role == name)
}

fn not_a_role(name: &str) -> String {
    let roles: Vec<&str> = ROLES.iter().map(|(role, _)| *role).collect();
    format!("`{name}` is none of {}", roles.join(", "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const CLIPS: &str = r#"
        name = "press"
        title = "A press"
        summary = "Its sound."
        layout = "mimii"
        recording = { sampling_rate_hz = 16_000, channels = 8 }
        [origin]
        homepage = "https://example.org"
        licence = "CC0"
        citation = "nobody"
    "#;

    const TABLE: &str = r#"
        name = "press"
        title = "A press"
        summary = "Features of its sound."
        layout = "clip_table"
        [origin]
        homepage = "https://example.org"
        licence = "CC0"
        citation = "nobody"
        [table]
        files = "{snr}_dB.csv"
        columns = { id = "machine_id", label = "label" }
        constants = { machine = "press" }
        path = { column = "file", pattern = "{*}/{recording}.wav" }
    "#;

    fn read(text: &str) -> Result<Sounds, String> {
        Sounds::parse(Path::new("dataset.toml"), text).map_err(|e| e.to_string())
    }

    #[test]
    fn sound_descriptors_are_read() {
        assert_eq!(read(CLIPS).unwrap().layout, SoundsLayout::Mimii);
        assert!(read(TABLE).unwrap().recording.is_none());
    }

    #[test]
    fn contradictions_name_the_entry_that_is_wrong() {
        for (good, from, to, key) in [
            (CLIPS, "name = \"press\"", "name = \"a press\"", "name"),
            (CLIPS, "16_000", "0", "recording.sampling_rate_hz"),
            (CLIPS, "channels = 8", "channels = 0", "recording.channels"),
            (CLIPS, "channels = 8", "channels = 8, samples = 0", "recording.samples"),
            (CLIPS, "mimii", "clip_table", "table"),
            (CLIPS, "recording =", "#", "recording"),
            (TABLE, "clip_table", "dcase2020", "table"),
            (TABLE, "{snr}_dB.csv", "../{snr}_dB.csv", "table.files"),
            (TABLE, "{snr}_dB.csv", "{snr_dB.csv", "table.files"),
            (TABLE, "{snr}_dB.csv", "{noise}_dB.csv", "table.files"),
            (TABLE, "{*}/{recording}", "{*}{recording}", "table.path.pattern"),
            (TABLE, "{ id =", "{ number = \"n\", id =", "table.columns"),
            (TABLE, "{ machine =", "{ maschine = \"n\", machine =", "table.constants"),
            (TABLE, "{ machine =", "{ snr = \"6\", machine =", "table"),
            (TABLE, ", label = \"label\"", "", "table"),
            (
                TABLE,
                "[table]",
                "[table]\nlabels = { normal = [\"a\"], abnormal = [\"a\"] }",
                "table.labels",
            ),
        ] {
            assert!(good.contains(from), "{from}");
            let message = read(&good.replacen(from, to, 1)).unwrap_err();
            assert!(message.contains(&format!(": {key}: ")), "{to} gave {message}");
        }
    }

    #[test]
    fn unknown_keys_are_refused_with_the_nearest_known() {
        let message = read(&CLIPS.replace("channels", "chanels")).unwrap_err();
        assert!(message.contains("did you mean `channels`"), "{message}");
    }
}
