//! Pipeline files: typed data, no code. `PipelineSpec` is what the file says, `Pipeline` what was checked.

mod family;
mod plan;
mod spec;

pub(crate) use family::{Family, family};
pub(crate) use plan::{Pipeline, base_id};
pub(crate) use spec::{GroupSpec, PipelineSpec, RecipeSpec};
