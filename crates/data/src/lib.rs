//! Reads, verifies, simulates and splits the datasets under `datasets/`.
//!
//! A dataset is a folder with a typed descriptor (`dataset.toml`). Its bytes come from one of two places
//! that never mix: `raw/` (or a folder of the user's) holds real files, `simulated/` holds files that a
//! simulator of ours wrote in exactly the real layout, with a note beside them that says so. One loader
//! reads both, parses first so that an error names line, row and column, and compares digests second.

pub mod audio;
mod csv;
mod dataset;
mod described;
mod descriptor;
mod error;
pub mod events;
mod first_use;
mod group;
mod natural;
mod pattern;
mod place;
mod resolve;
pub mod simulate;
mod split;
mod toml_text;
pub mod vibration;

pub use csv::{CellProblem, CsvProblem, MissingColumn};
pub use dataset::{Dataset, DigestPolicy, Verification, load};
pub use described::Described;
pub use descriptor::{
    Archive, ColumnKind, ColumnSpec, Descriptor, Download, FileSpec, Group, GroupRule, Label,
    Layout, Provenance, Role, Statistic, Trap,
};
pub use error::DataError;
pub use group::groups_by_reset;
pub(crate) use natural::natural;
pub use resolve::{Absent, Decision, Mode, Source, resolve};
pub use split::stratified_split;
pub use toml_text::{TomlError, parse_toml};
