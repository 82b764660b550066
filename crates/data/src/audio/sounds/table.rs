//! How tables of features look: which column, constant or part of a path says what of a clip.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::audio::names;

/// The roles that every clip needs a source for, or that have a rule of their own.
pub(in crate::audio) const LABEL: &str = "label";
pub(in crate::audio) const RECORDING: &str = "recording";

/// What a column, a constant or a part of a path may say of a clip, and whether every table must say it.
pub(super) const ROLES: [(&str, bool); 7] = [
    ("machine", true),
    ("id", true),
    (LABEL, true),
    ("snr", false),
    (RECORDING, false),
    ("set", false),
    ("session", false),
];

/// The files of `clip_table`: CSV with a header, or Parquet; one row a clip.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipTable {
    /// How the files are called, relative to the dataset's folder, such as `fan_{snr}_dB.csv`: `{machine}`, `{id}`,
    /// `{snr}`, `{label}`, `{recording}`, `{set}` and `{session}` say what they are called like, `{*}` is any text.
    pub files: String,
    /// Headers by what they hold: `machine`, `id`, `snr`, `label`, `recording`, `set`, `session`.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// What is the same for all clips, by the same names.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// A column of paths or names of files, which say the rest.
    pub path: Option<PathColumn>,
    /// How labels are spelt.
    #[serde(default)]
    pub labels: Labels,
    /// Headers of numeric columns that are no features.
    #[serde(default)]
    pub ignore: Vec<String>,
}

/// A column of paths.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathColumn {
    /// Its header.
    pub column: String,
    /// How its cells are spelt, with holes as in [`ClipTable::files`], such as
    /// `{*}{snr}_dB_{machine}/{machine}/id_{id}/{label}/{recording}.wav`.
    pub pattern: String,
}

/// How labels are spelt. What is not listed is read as `normal`, `0`, `false` or as `abnormal`, `anomaly`,
/// `anomalous`, `1`, `true`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// Spellings of normal clips.
    #[serde(default)]
    pub normal: Vec<String>,
    /// Spellings of abnormal clips.
    #[serde(default)]
    pub abnormal: Vec<String>,
}

/// Where a table tells something of its clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audio) enum Role<'a> {
    /// In the column of this header.
    Column(&'a str),
    /// It is the same everywhere.
    Constant(&'a str),
    /// In the names of its files.
    File,
    /// In a column of paths.
    Path(&'a PathColumn),
}

impl ClipTable {
    /// All that says something of `role`, by the descriptor's entry.
    pub(super) fn sources<'a>(&'a self, role: &str) -> Vec<(&'static str, Role<'a>)> {
        let holds = |pattern: &str| {
            crate::pattern::holes(pattern).is_some_and(|holes| holes.contains(&role))
        };
        let column = self.columns.get(role).map(|header| ("columns", Role::Column(header)));
        let constant = self.constants.get(role).map(|text| ("constants", Role::Constant(text)));
        let file = holds(&self.files).then_some(("files", Role::File));
        let path = self.path.as_ref().filter(|path| holds(&path.pattern));
        let path = path.map(|path| ("path", Role::Path(path)));
        [column, constant, file, path].into_iter().flatten().collect()
    }

    /// Where `role` is told, if it is.
    pub(in crate::audio) fn source<'a>(&'a self, role: &str) -> Option<Role<'a>> {
        self.sources(role).first().map(|(_, source)| *source)
    }

    /// The described columns, by the entry that names each; the one of paths may stand twice.
    pub(in crate::audio) fn described(&self) -> Vec<(String, &str)> {
        let named = self.columns.iter().map(|(role, header)| (role.as_str(), header.as_str()));
        let path =
            self.path.iter().map(|path| ("table.path.column".to_owned(), path.column.as_str()));
        named.map(|(role, header)| (format!("table.columns.{role}"), header)).chain(path).collect()
    }
}

impl Labels {
    /// What a label says.
    pub(in crate::audio) fn is_abnormal(&self, text: &str) -> Option<bool> {
        let listed = |spellings: &[String]| spellings.iter().any(|spelling| spelling == text);
        match (listed(&self.normal), listed(&self.abnormal)) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => names::is_abnormal(text),
        }
    }
}
