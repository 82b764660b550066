//! Makes bundles: a draft that answers in memory, its files, and the folder on disk.
//!
//! A draft is judged before its report exists, and the report is part of the bundle. So a [`Draft`]
//! answers through the same [`Predictor`] as an opened bundle, [`Draft::pack`] adds the report, and
//! only [`Packed::write`] touches the disk: into a folder beside the destination, the manifest last,
//! renamed when all of it is safe.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use gauntlet_core::{Digest, FileEntry, Frame, Lineage, MANIFEST_FORMAT, Manifest, Signature};
use serde::Serialize;
use serde_json::Value;

use crate::answers::{Answers, Prediction};
use crate::error::BundleError;
use crate::files::{
    EXAMPLE, FILES, MANIFEST, MLMODEL, MODEL, RECIPE, REFERENCE, REPORT, SIGNATURE, max_size,
};
use crate::open::Bundle;
use crate::predict::{PredictError, Predictor};
use crate::{example, mlmodel};

/// What a bundle is made of, but for the report.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The ONNX model.
    pub model: Vec<u8>,
    /// The recipe, as TOML.
    pub recipe: String,
    /// The fields the model takes.
    pub signature: Signature,
    /// A few raw rows with at least the signature's columns.
    pub example: Frame,
    /// The training distribution per feature.
    pub reference: Value,
    /// What the model was made from.
    pub lineage: Lineage,
}

/// A bundle without its report: ready to be judged.
#[derive(Debug)]
pub struct Draft {
    parts: Parts,
    predictor: Predictor,
    example: Vec<u8>,
}

/// All files of a bundle, in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    files: BTreeMap<&'static str, Vec<u8>>,
    digest: Digest,
}

impl Draft {
    /// Compiles the model and answers the example.
    ///
    /// # Errors
    /// A model that the engine does not run or that does not fit the signature, or an example that
    /// lacks a column.
    pub fn new(parts: Parts) -> Result<Self, BundleError> {
        let predictor = Predictor::new(&parts.model, parts.signature.clone())?;
        let answers = predictor.answers(&parts.example)?;
        let example = example::write(&parts.signature, &parts.example, &answers)?;
        // What was written must read back to the same answers, with the labels that the signature's
        // threshold gives: an infinite input or score, say, does not survive JSON.
        let (rows, recorded) = example::read(&parts.signature, &example)?;
        let answers = predictor.answers(&rows)?;
        let exact = example::Tolerance::Exact;
        example::compare(0, parts.signature.threshold, &answers, &recorded, exact)?;
        Ok(Self { parts, predictor, example })
    }

    /// The predictor of the bundle to be.
    #[must_use]
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// Answers every row of `frame`, as the bundle will.
    ///
    /// # Errors
    /// As [`Predictor::answers`].
    pub fn answers(&self, frame: &Frame) -> Result<Answers, PredictError> {
        self.predictor.answers(frame)
    }

    /// As [`Draft::answers`], of a binary classifier.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn predict(&self, frame: &Frame) -> Result<Prediction, PredictError> {
        self.predictor.predict(frame)
    }

    /// Adds the report. The same parts and report give the same bytes.
    ///
    /// # Errors
    /// A file that grows beyond what [`Bundle::open`] reads.
    pub fn pack(&self, report: &Value) -> Result<Packed, BundleError> {
        let Parts { model, recipe, signature, reference, lineage, .. } = &self.parts;
        let mut files = BTreeMap::from([
            (EXAMPLE, self.example.clone()),
            (MLMODEL, mlmodel::write(signature)?),
            (MODEL, model.clone()),
            (RECIPE, recipe.clone().into_bytes()),
            (REFERENCE, json(REFERENCE, &sorted(reference))?),
            (REPORT, json(REPORT, &sorted(report))?),
            (SIGNATURE, json(SIGNATURE, signature)?),
        ]);
        let entry = |&name: &&'static str| {
            let bytes = &files[name];
            let (size, limit) = (bytes.len() as u64, max_size(name));
            if size > limit {
                return Err(BundleError::TooLarge { path: PathBuf::from(name), size, limit });
            }
            Ok(FileEntry { path: name.to_owned(), size, sha256: Digest::of(bytes) })
        };
        let entries = FILES.iter().map(entry).collect::<Result<_, _>>()?;
        let manifest =
            Manifest { format: MANIFEST_FORMAT, lineage: lineage.clone(), files: entries };
        let manifest = json(MANIFEST, &manifest)?;
        let digest = Digest::of(&manifest);
        files.insert(MANIFEST, manifest);
        Ok(Packed { files, digest })
    }
}

impl Packed {
    /// The bundle's digest: that of its manifest's bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Name and bytes of every file, the manifest included, sorted by name.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (*name, bytes.as_slice()))
    }

    /// Writes the folder `destination` and returns the digest.
    ///
    /// If the same bundle stands there already, it is verified and left as it is. A process that dies
    /// leaves nothing at `destination`.
    ///
    /// # Errors
    /// Something else at `destination`, or a file that cannot be written.
    pub fn write(&self, destination: &Path) -> Result<Digest, BundleError> {
        let invalid = || BundleError::Destination(destination.to_owned());
        let name = destination.file_name().and_then(|name| name.to_str()).ok_or_else(invalid)?;
        let parent = match destination.parent().ok_or_else(invalid)? {
            parent if parent.as_os_str().is_empty() => Path::new("."),
            parent => parent,
        };
        if fs_err::symlink_metadata(destination).is_ok() {
            return self.confirm(destination);
        }
        fs_err::create_dir_all(parent)?;
        let partial = Partial::new(parent, name)?;
        for name in FILES.iter().chain(&[MANIFEST]) {
            let mut file = fs_err::File::create_new(partial.0.join(name))?;
            file.write_all(&self.files[name])?;
            file.sync_all()?;
        }
        fs_err::File::open(&partial.0)?.sync_all()?;
        match fs_err::rename(&partial.0, destination) {
            // Somebody else was faster.
            Err(_) if fs_err::symlink_metadata(destination).is_ok() => self.confirm(destination),
            Err(error) => Err(error.into()),
            Ok(()) => {
                fs_err::File::open(parent)?.sync_all()?;
                Ok(self.digest)
            }
        }
    }

    fn confirm(&self, destination: &Path) -> Result<Digest, BundleError> {
        match Bundle::verify(destination) {
            Ok(found) if found.digest() == self.digest => Ok(self.digest),
            _ => Err(BundleError::Exists { path: destination.to_owned(), digest: self.digest }),
        }
    }
}

/// A folder that is removed again unless it was renamed.
struct Partial(PathBuf);

impl Partial {
    fn new(parent: &Path, name: &str) -> Result<Self, BundleError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!(".{name}.{}-{count}.partial", std::process::id()));
        // An earlier process of the same number may have died here.
        if fs_err::symlink_metadata(&path).is_ok() {
            fs_err::remove_dir_all(&path)?;
        }
        fs_err::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After a successful rename there is nothing left to remove.
        let _ = fs_err::remove_dir_all(&self.0);
    }
}

/// Indented JSON that ends with a line feed.
pub(crate) fn json<T: Serialize>(file: &'static str, value: &T) -> Result<Vec<u8>, BundleError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|source| BundleError::Json { file, source })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The value with the keys of every object sorted, however the caller's JSON maps keep them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().collect();
            fields.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        other => other.clone(),
    }
}
