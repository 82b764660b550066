//! The typed descriptor of a dataset: where it comes from, what its columns mean and what is known about it.
//!
//! Read from `datasets/<name>/dataset.toml`. What serde cannot check is checked once in [`Descriptor::read`], so
//! that whoever holds a descriptor may rely on it.

pub(crate) mod check;
mod readme;

use std::path::Path;

use gauntlet_core::{Digest, Frame};
use serde::Deserialize;

use crate::error::DataError;
use crate::toml_text::parse_toml;

/// A dataset, described.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// The folder's name.
    pub name: String,
    /// The title it was published under.
    pub title: String,
    /// One sentence for readers.
    pub summary: String,
    /// How the files are laid out.
    pub layout: Layout,
    /// Who published it, and on which terms.
    pub origin: Provenance,
    /// The files the loader reads.
    pub files: Vec<FileSpec>,
    /// Official addresses.
    #[serde(default)]
    pub download: Vec<Download>,
    /// The label.
    pub label: Label,
    /// The unit of independence.
    pub group: Group,
    /// The columns in the file's order.
    pub columns: Vec<ColumnSpec>,
    /// Protocols that flatter.
    #[serde(default)]
    pub traps: Vec<Trap>,
    /// Counts and scores known of the published file.
    #[serde(default)]
    pub statistics: Vec<Statistic>,
}

/// How files are laid out. It grows as loaders are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One comma-separated file with a header, one row an observation.
    CsvRows,
}

/// Who published a dataset, and on which terms.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The page that describes it.
    pub homepage: String,
    /// Its licence.
    pub licence: String,
    /// How to cite it.
    pub citation: String,
}

/// One file under `raw/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Path relative to `raw/`.
    pub path: String,
    /// Bytes, where published.
    pub size: Option<u64>,
    /// Digest, where published; without it the first use is recorded.
    pub sha256: Option<Digest>,
}

/// One official address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Download {
    /// The address.
    pub url: String,
    /// What stands there.
    #[serde(default)]
    pub archive: Archive,
    /// Bytes of what stands there, where known.
    pub size: Option<u64>,
    /// Digest of what stands there, where known.
    pub sha256: Option<Digest>,
    /// The one member of the archive that is wanted; all members without it.
    pub member: Option<String>,
    /// Where the file (or the wanted member) goes, relative to `raw/`; for a whole archive the folder.
    pub path: String,
}

/// How a download is packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Archive {
    /// The file itself.
    #[default]
    None,
    /// A zip archive.
    Zip,
    /// A rar archive, which has to be unpacked by hand.
    Rar,
    /// A 7z archive, which has to be unpacked by hand.
    #[serde(rename = "7z")]
    SevenZ,
}

/// The label of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// What 1 means in the column whose role is `label`.
    pub meaning: String,
}

/// The unit of independence of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What one unit is.
    pub meaning: String,
    /// How a row's unit is found.
    pub rule: GroupRule,
}

/// How a row's unit of independence is found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupRule {
    /// A new unit starts where this column falls.
    ResetOf(String),
    /// Rows with the same value of this column are one unit.
    Column(String),
    /// Every row is its own unit.
    EachRow,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSpec {
    /// Its header in the file.
    pub header: String,
    /// Its canonical name, the one in frames.
    pub name: String,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// What it is for.
    #[serde(default)]
    pub role: Role,
    /// Unit of measurement.
    #[serde(default)]
    pub unit: String,
    /// Whether cells may be empty; numbers then become NaN.
    #[serde(default)]
    pub nullable: bool,
    /// Smallest value that is not a gross error.
    pub min: Option<f64>,
    /// Largest value that is not a gross error.
    pub max: Option<f64>,
    /// The values of a category.
    #[serde(default)]
    pub values: Vec<String>,
    /// What it means.
    pub description: String,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// A finite decimal number.
    Number,
    /// A whole number.
    Integer,
    /// One of the listed values.
    Category,
    /// Any text.
    Text,
    /// 0 or 1.
    Flag,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It may be learned from.
    #[default]
    Feature,
    /// It only identifies the row.
    Id,
    /// It is the label.
    Label,
    /// It is made from the label, or makes it.
    Derived,
}

/// A protocol that flatters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trap {
    /// A short name.
    pub name: String,
    /// What goes wrong.
    pub text: String,
}

/// Something known of the published file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistic {
    /// What is counted or scored.
    pub name: String,
    /// Its value.
    pub value: f64,
}

impl Descriptor {
    /// Reads and checks the descriptor at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key (the nearest known one is named), or an entry that contradicts
    /// another.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Self::parse(path, &fs_err::read_to_string(path)?)
    }

    /// Parses and checks `text`, which was read from `path`.
    ///
    /// # Errors
    /// As for [`Descriptor::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, DataError> {
        let descriptor: Self = parse_toml(path, text)?;
        descriptor.check().map_err(|(key, problem)| DataError::Descriptor {
            path: path.to_owned(),
            key,
            problem,
        })?;
        Ok(descriptor)
    }

    /// The one file of a layout that has one file.
    #[must_use]
    pub fn file(&self) -> &FileSpec {
        // A descriptor without files does not pass `check`.
        &self.files[0]
    }

    /// Canonical name of the label column.
    #[must_use]
    pub fn label_column(&self) -> &str {
        // A descriptor without one does not pass `check`.
        self.columns.iter().find(|c| c.role == Role::Label).map_or("", |c| &c.name)
    }

    /// The label of every row.
    ///
    /// # Errors
    /// The label column is not in `frame`, or holds something else than 0 and 1.
    pub fn labels(&self, frame: &Frame) -> Result<Vec<bool>, DataError> {
        let column = self.label_column();
        let cells = frame.numbers(column)?.iter().enumerate();
        cells
            .map(|(row, &value)| match value {
                0.0 => Ok(false),
                1.0 => Ok(true),
                found => Err(DataError::Label { column: column.to_owned(), row: row + 1, found }),
            })
            .collect()
    }

    /// Canonical names of the columns that play `role`, in the file's order.
    #[must_use]
    pub fn names_of(&self, role: Role) -> Vec<String> {
        self.columns.iter().filter(|c| c.role == role).map(|c| c.name.clone()).collect()
    }

    /// The dataset's `README.md`, made from nothing but this descriptor.
    #[must_use]
    pub fn readme(&self) -> String {
        readme::render(self)
    }
}

impl ColumnKind {
    /// Whether the column becomes numbers in a frame.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Number | Self::Integer | Self::Flag)
    }
}
