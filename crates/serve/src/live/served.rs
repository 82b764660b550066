//! One version of one model that answers.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, bail};
use gauntlet_bundle::{Bundle, Explainer, Explanation, Tolerance};
use gauntlet_core::{Digest, Origin};

use crate::model::{self, Answered, Model};
use crate::problem::Problem;
use crate::read::Rows;
use crate::sources::Located;

/// Rows from which a batch is long.
const LONG: usize = 512;

/// A model that was verified, answered its own example, and is ready.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) located: Located,
    pub(crate) digest: Digest,
    pub(crate) origin: Origin,
    pub(crate) model: Model,
    folder: PathBuf,
    explainer: OnceLock<Result<Explainer, String>>,
}

impl Served {
    /// Opens what a source fetched: every file is what its manifest says, the bundle is the one that was
    /// located, and it answers its example as it did when it was made.
    ///
    /// # Errors
    /// Which of it is not so.
    pub(crate) fn open(located: Located, folder: &Path) -> anyhow::Result<Self> {
        let bundle = Bundle::open(folder)?;
        if let Some(expected) = located.digest.filter(|digest| *digest != bundle.digest()) {
            bail!("its pointer names {expected}, but {} is there", bundle.digest());
        }
        bundle.self_test(Tolerance::Close).context("it does not answer as when it was made")?;
        let origin = bundle.manifest().lineage.origin;
        if let Some(said) = located.origin.filter(|said| *said != origin) {
            bail!("its pointer says {said} rows, its bundle {origin}");
        }
        if origin == Origin::Simulated {
            tracing::warn!(model = %located.model, "this model was trained on SIMULATED rows");
        }
        let digest = bundle.digest();
        let model = Model::Bundle(Box::new(bundle));
        Ok(Self {
            located,
            digest,
            origin,
            model,
            folder: folder.to_owned(),
            explainer: OnceLock::new(),
        })
    }

    /// Answers rows that were checked. Many of them take long enough to hold up other requests, so those
    /// are handed to other threads meanwhile.
    pub(crate) fn answer(&self, rows: &Rows, _sensor: Option<&str>) -> Result<Answered, Problem> {
        if rows.rows > LONG {
            tokio::task::block_in_place(|| self.model.answer(rows))
        } else {
            self.model.answer(rows)
        }
    }

    /// Explains the row `row`, or says why it cannot be explained.
    pub(crate) fn explain(
        &self,
        rows: &Rows,
        row: usize,
    ) -> Result<Result<Explanation, String>, Problem> {
        match tokio::task::block_in_place(|| self.explainer()) {
            Ok(explainer) => model::explain(explainer, rows, row).map(Ok),
            Err(why) => Ok(Err(why.to_owned())),
        }
    }

    /// Where it was loaded from, as MLflow writes it.
    pub(crate) fn place(&self) -> String {
        let Located { model, version, alias, .. } = &self.located;
        match alias {
            Some(alias) => format!("models:/{model}@{alias}"),
            None if version.0 > 0 => format!("models:/{model}/{version}"),
            None => self.located.artifact.clone(),
        }
    }

    /// What explains its answers; prepared at the first call, which takes a while.
    ///
    /// # Errors
    /// Why they cannot be explained, in words.
    fn explainer(&self) -> Result<&Explainer, &str> {
        let prepare = || self.model.explainer(&self.folder);
        self.explainer.get_or_init(prepare).as_ref().map_err(String::as_str)
    }
}
