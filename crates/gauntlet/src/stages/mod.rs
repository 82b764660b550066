//! The stages of a gauntlet. Each reads what the one before left under `work/` and leaves its own there.

pub(crate) mod features;
pub(crate) mod judge;
mod parity;
pub(crate) mod prepare;
mod reference;
pub(crate) mod register;
pub(crate) mod source;
pub(crate) mod table;
pub(crate) mod train;

use crate::home::Home;
use crate::pipeline::Pipeline;
use crate::progress::Progress;

/// What every stage is given.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) home: Home,
    pub(crate) pipeline: Pipeline,
    pub(crate) progress: Progress,
}
