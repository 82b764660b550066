//! What a folder with a model looks like, and the name of one that has no manifest.

use std::path::Path;

use gauntlet_core::{Digest, Hasher};
use gauntlet_registry::{FileStore, RegistryError, Result};

use super::limits;

/// The file that makes a folder a bundle.
pub(super) const MANIFEST: &str = "manifest.json";

/// The file that makes a folder a model of MLflow's.
const MLMODEL: &str = "MLmodel";

/// Of a model that Python made, what another Python needs to load it; nothing of it is an answer's business.
const FOR_PYTHON: [&str; 4] =
    ["conda.yaml", "python_env.yaml", "requirements.txt", "registered_model_meta"];

/// How a model lies in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A bundle of ours: every file is in `manifest.json`.
    Bundle,
    /// What MLflow's ONNX flavour writes: `MLmodel` and an `.onnx` file.
    Mlflow,
    /// An `.onnx` file alone.
    Onnx,
}

impl Layout {
    /// The layout of a folder that was fetched.
    pub(super) fn of(folder: &Path) -> Self {
        if folder.join(MANIFEST).is_file() {
            Self::Bundle
        } else if folder.join(MLMODEL).is_file() {
            Self::Mlflow
        } else {
            Self::Onnx
        }
    }
}

/// Paths of the files that matter of a model that Python made, sorted.
///
/// # Errors
/// There are too many files, none is an ONNX model, or the store failed.
pub(super) async fn foreign_files(files: &dyn FileStore) -> Result<Vec<String>> {
    let (mut found, mut folders) = (Vec::new(), vec![(String::new(), 0)]);
    while let Some((folder, depth)) = folders.pop() {
        for entry in files.list(&folder).await? {
            let path =
                if folder.is_empty() { entry.name } else { format!("{folder}/{}", entry.name) };
            if entry.size.is_none() && depth < limits::DEPTH {
                folders.push((path, depth + 1));
            } else if entry.size.is_some() && matters(&path) {
                found.push(path);
            }
            if found.len() + folders.len() > limits::FILES {
                let rule = format!("a model has no more than {} files", limits::FILES);
                return Err(refused(files, rule));
            }
        }
    }
    if !found.iter().any(|path| is_onnx(path)) {
        let rule = "none of its files is an .onnx file, and only ONNX models are served";
        return Err(refused(files, rule.to_owned()));
    }
    found.sort();
    Ok(found)
}

fn refused(files: &dyn FileStore, rule: String) -> RegistryError {
    let value = files.uri().unwrap_or_else(|| "the folder".to_owned());
    RegistryError::Invalid { field: "model", value, rule }
}

fn matters(path: &str) -> bool {
    !FOR_PYTHON.contains(&path) && !path.split('/').any(|part| part.starts_with('.'))
}

/// Whether a path is that of an ONNX model.
pub(super) fn is_onnx(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"))
}

/// The digest of files that no manifest lists: that of the text `sha256sum` prints of them, sorted by path.
pub(super) fn digest_of(files: &[(String, Digest)]) -> Digest {
    let mut hasher = Hasher::default();
    for (path, digest) in files {
        hasher.update(format!("{}  {path}\n", digest.hex()).as_bytes());
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use gauntlet_registry::LocalFiles;

    use super::*;

    #[tokio::test]
    async fn what_only_python_needs_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["MLmodel", "model.onnx", "conda.yaml", ".hidden", "data/x.bin"] {
            let path = dir.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "x").unwrap();
        }
        let files = LocalFiles::new(dir.path());
        let found = foreign_files(&files).await.unwrap();
        assert_eq!(found, ["MLmodel", "data/x.bin", "model.onnx"]);
        assert_eq!(Layout::of(dir.path()), Layout::Mlflow);
    }

    #[tokio::test]
    async fn a_model_that_is_no_onnx_model_and_a_heap_of_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::write(dir.path().join("MLmodel"), "x").unwrap();
        fs_err::write(dir.path().join("model.pkl"), "x").unwrap();
        let files = LocalFiles::new(dir.path());
        let error = foreign_files(&files).await.unwrap_err().to_string();
        assert!(error.contains("only ONNX models"), "{error}");
        for number in 0..=limits::FILES {
            fs_err::write(dir.path().join(format!("{number}.onnx")), "x").unwrap();
        }
        let error = foreign_files(&files).await.unwrap_err().to_string();
        assert!(error.contains("no more than"), "{error}");
    }

    #[test]
    fn the_name_of_a_folder_is_the_digest_of_what_sha256sum_prints() {
        let files = [("a".to_owned(), Digest::of(b"1")), ("b".to_owned(), Digest::of(b"2"))];
        let printed = format!("{}  a\n{}  b\n", Digest::of(b"1").hex(), Digest::of(b"2").hex());
        assert_eq!(digest_of(&files), Digest::of(printed.as_bytes()));
    }
}
