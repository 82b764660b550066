//! Which run a stage's files belong to: no stage goes on with what another pipeline, seed or dataset left.

use std::path::Path;

use anyhow::{Result, bail};
use gauntlet_core::{Digest, Seed};
use serde::{Deserialize, Serialize};

use super::Context;
use crate::failure::Failure;
use crate::home;

/// The identity of a run's inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) pipeline: Digest,
    pub(crate) seed: Seed,
    pub(crate) dataset: Digest,
    pub(crate) split: Digest,
}

impl Stamp {
    /// Marks a stage's folder as complete. Written last.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        home::write_json(&folder.join("stamp.json"), self)
    }

    /// The stamp in the folder of `stage`, if it is of this pipeline and seed.
    pub(crate) fn read(context: &Context, stage: &str) -> Result<Self> {
        let folder = context.home.work(context.pipeline.name(), stage);
        let path = folder.join("stamp.json");
        if !path.is_file() {
            let what = format!("{} is not there", path.display());
            let hint = Some(format!("run `gauntlet {stage}` first"));
            return Err(Failure::Missing { what, hint }.into());
        }
        let stamp: Self = home::read_json(&path)?;
        let (pipeline, seed) = (context.pipeline.digest, context.pipeline.seed);
        if stamp.pipeline != pipeline {
            bail!("{} is of another pipeline: run `gauntlet {stage}` again", folder.display());
        }
        if stamp.seed != seed {
            bail!(
                "{} was made with seed {}, this is seed {}: pass `--seed {}` or run `gauntlet {stage}` again",
                folder.display(),
                stamp.seed.0,
                seed.0,
                stamp.seed.0
            );
        }
        Ok(stamp)
    }

    /// Checks that `stage` left files of the same run as this one.
    pub(super) fn check(&self, context: &Context, stage: &str) -> Result<()> {
        if Self::read(context, stage)? == *self {
            return Ok(());
        }
        bail!("what `gauntlet {stage}` left is of other data: run it again")
    }
}
