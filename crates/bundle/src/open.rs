//! Opens bundles: nothing in a folder is used before all of it is what the manifest says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gauntlet_core::{Cell, Column, Digest, FileEntry, Frame, MANIFEST_FORMAT, Manifest, Signature};
use serde::Deserialize;
use serde_json::Value;

use crate::answers::{Answer, Answers, Prediction};
use crate::error::BundleError;
use crate::example::{self, Tolerance};
use crate::explain::Explainer;
use crate::files::{
    self, EXAMPLE, FILES, MANIFEST, MAX_MANIFEST, MODEL, RECIPE, REFERENCE, REPORT, SIGNATURE,
};
use crate::predict::{PredictError, Predictor};

/// A folder whose files are those of its manifest.
#[derive(Debug)]
pub struct Verified {
    manifest: Manifest,
    digest: Digest,
    size: u64,
}

/// An open bundle: verified, compiled, ready to answer.
#[derive(Debug)]
pub struct Bundle {
    verified: Verified,
    predictor: Predictor,
    files: BTreeMap<&'static str, Vec<u8>>,
}

impl Verified {
    /// The bundle's digest: that of its manifest's bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Files and lineage.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Bytes of all files, the manifest included.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size
    }
}

impl Bundle {
    /// Verifies the folder `dir` and compiles its model.
    ///
    /// # Errors
    /// What [`Bundle::verify`] finds, a model that the engine does not run, or one whose inputs and
    /// outputs are not those of the signature.
    pub fn open(dir: &Path) -> Result<Self, BundleError> {
        let mut files = BTreeMap::new();
        let verified = verify(dir, |name, bytes| {
            files.insert(name, bytes);
        })?;
        let signature: Signature = parse(SIGNATURE, &files[SIGNATURE])?;
        let model = files.remove(MODEL).unwrap_or_default();
        let predictor = Predictor::new(&model, signature)?;
        Ok(Self { verified, predictor, files })
    }

    /// Checks that the folder `dir` holds a bundle, without compiling its model.
    ///
    /// # Errors
    /// A manifest that is too large, of an unknown format or with another list of files; a file that is
    /// missing, not listed, not regular, or not of the size and digest listed.
    pub fn verify(dir: &Path) -> Result<Verified, BundleError> {
        verify(dir, |_, _| ())
    }

    /// The bundle's digest: that of its manifest's bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.verified.digest
    }

    /// Files and lineage.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.verified.manifest
    }

    /// The fields the model takes.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        self.predictor.signature()
    }

    /// Bytes of all files, the manifest included.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.verified.size
    }

    /// The predictor.
    #[must_use]
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// Answers every row of `frame`.
    ///
    /// # Errors
    /// As [`Predictor::answers`].
    pub fn answers(&self, frame: &Frame) -> Result<Answers, PredictError> {
        self.predictor.answers(frame)
    }

    /// Answers every row of `columns`, which stand in the order of the signature's fields.
    ///
    /// # Errors
    /// As [`Predictor::answers_columns`].
    pub fn answers_columns(&self, columns: &[Column]) -> Result<Answers, PredictError> {
        self.predictor.answers_columns(columns)
    }

    /// Prepares the model for explanations; it is read once more from the folder `dir`.
    ///
    /// # Errors
    /// A model that is not this bundle's any more, or that cannot be explained.
    pub fn explainer(&self, dir: &Path) -> Result<Explainer, BundleError> {
        let entry = self.manifest().files.iter().find(|file| file.path == MODEL);
        let entry = entry.ok_or_else(|| BundleError::Missing(dir.join(MODEL)))?;
        Explainer::new(&check_file(dir, MODEL, entry)?, self.signature().clone())
    }

    /// Answers one row, whose cells stand in the order of the signature's fields.
    ///
    /// # Errors
    /// As [`Predictor::answers_row`].
    pub fn answers_row(&self, cells: &[Cell<'_>]) -> Result<Answers, PredictError> {
        self.predictor.answers_row(cells)
    }

    /// As [`Bundle::answers`], of a binary classifier.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn predict(&self, frame: &Frame) -> Result<Prediction, PredictError> {
        self.predictor.predict(frame)
    }

    /// As [`Bundle::answers_row`], of a binary classifier.
    ///
    /// # Errors
    /// As [`Predictor::predict_row`].
    pub fn predict_row(&self, cells: &[Cell<'_>]) -> Result<Answer, PredictError> {
        self.predictor.predict_row(cells)
    }

    /// Answers the example, as a batch and row by row, and compares with the recorded answers.
    ///
    /// Labels must be equal; numbers may differ by `tolerance`.
    ///
    /// # Errors
    /// The first row that is answered differently.
    pub fn self_test(&self, tolerance: Tolerance) -> Result<(), BundleError> {
        let (rows, recorded) = self.example()?;
        let batch = self.answers(&rows)?;
        let threshold = self.signature().threshold;
        example::compare(0, threshold, &batch, &recorded, tolerance)?;
        for row in 0..rows.rows() {
            let cells = crate::predict::cells(self.signature(), &rows, row)?;
            let single = self.answers_row(&cells)?;
            example::compare(row, threshold, &single, &batch.row(row), Tolerance::Exact)?;
        }
        Ok(())
    }

    /// The example's rows and the answers recorded with them.
    ///
    /// # Errors
    /// An example that does not fit the signature.
    pub fn example(&self) -> Result<(Frame, Answers), BundleError> {
        example::read(self.signature(), &self.files[EXAMPLE])
    }

    /// The recipe, as TOML.
    ///
    /// # Errors
    /// A recipe that is not text.
    pub fn recipe(&self) -> Result<&str, BundleError> {
        std::str::from_utf8(&self.files[RECIPE]).map_err(|_| BundleError::Utf8(RECIPE))
    }

    /// The training distribution per feature.
    ///
    /// # Errors
    /// A reference that is not JSON.
    pub fn reference(&self) -> Result<Value, BundleError> {
        parse(REFERENCE, &self.files[REFERENCE])
    }

    /// The report.
    ///
    /// # Errors
    /// A report that is not JSON.
    pub fn report(&self) -> Result<Value, BundleError> {
        parse(REPORT, &self.files[REPORT])
    }
}

/// Checks the folder and hands every file that passed to `keep`.
fn verify(
    dir: &Path,
    mut keep: impl FnMut(&'static str, Vec<u8>),
) -> Result<Verified, BundleError> {
    let bytes = files::read(&dir.join(MANIFEST), MAX_MANIFEST)?;
    let manifest = read_manifest(&bytes)?;
    check_folder(dir)?;
    let mut size = bytes.len() as u64;
    for (name, entry) in FILES.into_iter().zip(&manifest.files) {
        keep(name, check_file(dir, name, entry)?);
        size += entry.size;
    }
    Ok(Verified { manifest, digest: Digest::of(&bytes), size })
}

fn read_manifest(bytes: &[u8]) -> Result<Manifest, BundleError> {
    /// The one field that every format has.
    #[derive(Deserialize)]
    struct Header {
        format: u64,
    }
    let Header { format: found } = parse(MANIFEST, bytes)?;
    if found != u64::from(MANIFEST_FORMAT) {
        return Err(BundleError::Format { found, expected: MANIFEST_FORMAT });
    }
    let manifest: Manifest = parse(MANIFEST, bytes)?;
    if !manifest.files.iter().map(|file| file.path.as_str()).eq(FILES) {
        let found: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
        let (found, expected) = (found.join(", "), FILES.join(", "));
        return Err(BundleError::Listing { found, expected });
    }
    Ok(manifest)
}

/// Whether the folder holds the files of a bundle and nothing else.
fn check_folder(dir: &Path) -> Result<(), BundleError> {
    let mut missing = BTreeSet::from(FILES);
    for entry in fs_err::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        if name != MANIFEST && !missing.remove(name) {
            return Err(BundleError::Unlisted(entry.path()));
        }
    }
    match missing.first() {
        Some(name) => Err(BundleError::Missing(dir.join(name))),
        None => Ok(()),
    }
}

fn check_file(dir: &Path, name: &'static str, entry: &FileEntry) -> Result<Vec<u8>, BundleError> {
    let path = dir.join(name);
    let bytes = files::read(&path, files::max_size(name))?;
    let size = bytes.len() as u64;
    if size != entry.size {
        let (found, expected) = (format!("{size} bytes"), format!("{} bytes", entry.size));
        return Err(BundleError::Changed { path, found, expected });
    }
    let digest = Digest::of(&bytes);
    if digest != entry.sha256 {
        let (found, expected) = (digest.to_string(), entry.sha256.to_string());
        return Err(BundleError::Changed { path, found, expected });
    }
    Ok(bytes)
}

fn parse<'a, T: Deserialize<'a>>(file: &'static str, bytes: &'a [u8]) -> Result<T, BundleError> {
    serde_json::from_slice(bytes).map_err(|source| BundleError::Json { file, source })
}
