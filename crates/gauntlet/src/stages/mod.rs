//! The stages of a gauntlet. Each reads what the one before left under `work/` and leaves its own there.

pub(crate) mod attach;
pub(crate) mod features;
pub(crate) mod judge;
mod parity;
pub(crate) mod prepare;
pub(crate) mod reference;
pub(crate) mod register;
pub(crate) mod source;
pub(crate) mod stamp;
pub(crate) mod table;
pub(crate) mod train;

use anyhow::Result;

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

impl Context {
    /// Keeps every other command out of this gauntlet's `work/` until the lock is dropped.
    pub(crate) fn lock(&self) -> Result<fs_err::File> {
        self.home.lock(self.pipeline.name())
    }
}
