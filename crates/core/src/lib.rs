//! The nouns of Gauntlet.
//!
//! Everything here is plain data and rules about data: no files, no network, no threads. Every other
//! crate speaks in these types, so what must never happen (fitting on a test row, moving an alias to a
//! version without a verdict, mixing simulated with real) is refused by a type here rather than by
//! care somewhere else.

mod alarm;
mod digest;
mod estimate;
mod frame;
mod manifest;
mod names;
mod nearest;
mod origin;
mod seed;
mod signature;
mod split;
mod verdict;

pub use alarm::AlarmPolicy;
pub use digest::{Digest, DigestError, Hasher};
pub use estimate::{Estimate, quantile};
pub use frame::{Cell, Column, Frame, FrameError};
pub use manifest::{FileEntry, Lineage, MANIFEST_FORMAT, Manifest};
pub use names::{Alias, ModelName, NameError, Version};
pub use nearest::nearest;
pub use origin::Origin;
pub use seed::Seed;
pub use signature::{
    Field, FieldKind, Implausible, Plausible, Signature, SignatureError, Task, arrange,
};
pub use split::{Opening, Sealed, Split, SplitError, Subset, Table, Train};
pub use verdict::{Decision, Rule, Verdict};
