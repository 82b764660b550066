//! Sound: clips of machines, from WAV files or from tables of features, to one vector of features a clip.
//!
//! [`Sounds`] describes how clips are laid out. [`load`] reads a folder of them, clip by clip on all cores, keeps
//! only features, and remembers those by the digest of the file they come from. A [`ClipReader`] reads one clip
//! by the same rules, for spectrograms. Real and simulated folders are read by the same code; what a simulator knows
//! (sessions) stands in its note beside the clips.

mod cache;
mod clips;
mod find;
mod load;
mod measure;
mod names;
mod place;
mod problem;
mod reader;
mod resolve;
mod sounds;
mod table;

pub(crate) use clips::label;
pub use clips::{ClipRow, Clips, Given};
pub use load::{Options, load};
pub use names::decibels_of;
pub use problem::{ClipProblem, ClipsProblem, Damaged};
pub use reader::ClipReader;
pub use resolve::resolve;
pub use sounds::{ClipTable, Labels, PathColumn, Recording, Sounds, SoundsLayout};
