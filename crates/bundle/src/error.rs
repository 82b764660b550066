//! What can be wrong with a bundle.

use std::path::PathBuf;

use gauntlet_core::Digest;

use crate::engine::EngineError;
use crate::example::SelfTestError;
use crate::explain::ExplainError;
use crate::predict::PredictError;

/// Why a bundle cannot be written, opened or trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// A file that cannot be read or written; the source names its path.
    #[error("the bundle cannot be read or written")]
    Io(#[from] std::io::Error),
    /// A symlink or folder where a file should be.
    #[error("`{path}` is not a regular file; copy the bundle without links")]
    NotAFile {
        /// Where it is.
        path: PathBuf,
    },
    /// A file larger than any bundle of ours has.
    #[error("`{path}` has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes it has.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A file that does not parse.
    #[error("`{file}` does not hold what it should")]
    Json {
        /// The file.
        file: &'static str,
        /// Where and why it does not parse.
        source: serde_json::Error,
    },
    /// A file that is not text.
    #[error("`{0}` is not UTF-8 text")]
    Utf8(&'static str),
    /// A manifest of another format.
    #[error("the manifest has format {found}, this program reads format {expected}")]
    Format {
        /// Format found.
        found: u64,
        /// Format that this program reads.
        expected: u32,
    },
    /// A manifest whose list of files is not that of a bundle.
    #[error("the manifest lists {found}, a bundle consists of {expected}, in this order")]
    Listing {
        /// Paths found.
        found: String,
        /// Paths expected.
        expected: String,
    },
    /// A file that the manifest does not list.
    #[error("`{0}` is not part of a bundle; remove it")]
    Unlisted(PathBuf),
    /// A listed file that is not there.
    #[error("`{0}` is missing; fetch the bundle again")]
    Missing(PathBuf),
    /// A file that is not the one the manifest lists.
    #[error("`{path}` has {found}, the manifest says {expected}; fetch the bundle again")]
    Changed {
        /// The file.
        path: PathBuf,
        /// Size or digest found.
        found: String,
        /// Size or digest listed.
        expected: String,
    },
    /// A folder that is not what MLflow's onnx flavour writes.
    #[error("the model's folder cannot be used: {0}")]
    Mlflow(String),
    /// A model that the engine does not run.
    #[error("the model cannot be run")]
    Engine(#[from] EngineError),
    /// A graph that takes or gives something other than the signature says.
    #[error("the graph does not fit the signature: {0}")]
    Signature(String),
    /// A model whose answers cannot be explained.
    #[error("the model's answers cannot be explained")]
    Explain(#[from] ExplainError),
    /// The example cannot be answered.
    #[error("the example cannot be answered")]
    Predict(#[from] PredictError),
    /// The example is answered differently.
    #[error("the bundle does not answer its own example as recorded")]
    SelfTest(#[from] SelfTestError),
    /// Another bundle, or something else, stands where this one should go.
    #[error("`{path}` exists and is not bundle {digest}; bundles are never overwritten")]
    Exists {
        /// The destination.
        path: PathBuf,
        /// The digest of the bundle to be written.
        digest: Digest,
    },
    /// A destination without a name or a parent.
    #[error("`{0}` cannot be the name of a bundle's folder")]
    Destination(PathBuf),
}
