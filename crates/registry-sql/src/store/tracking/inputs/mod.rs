//! What runs read and make: datasets and models, as edges of one table.

mod datasets;
mod log;
mod outputs;

pub(super) use datasets::of as datasets_of;
