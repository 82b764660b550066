//! Where artefacts are: the one place that turns an address into a store.
//!
//! An address comes from the database, and so from some client. It is resolved only inside what the operator
//! configured; the server never connects to anything that an address names.

pub(crate) mod limit;
pub(crate) mod mime;
pub(crate) mod path;
pub(crate) mod send;

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use gauntlet_mlflow::{Error, Result};
use gauntlet_registry::{FileStore, LocalFiles, local_root};

/// What stands between a server's name and an artefact's path in an address of the proxy.
const PROXY: &str = "/api/2.0/mlflow-artifacts/artifacts/";

/// The stores that an operator configured.
#[derive(Debug, Default)]
pub struct Artifacts {
    proxied: Option<Arc<dyn FileStore>>,
    mounts: Vec<(String, Arc<dyn FileStore>)>,
    folders: Vec<PathBuf>,
}

/// A folder or file in a store.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) store: Arc<dyn FileStore>,
    pub(crate) path: String,
}

impl Place {
    /// The place of `path`, which is plain, in this folder.
    pub(crate) fn join(&self, path: &str) -> String {
        path::join(&self.path, path)
    }
}

impl Artifacts {
    /// Serves no artefacts yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves `mlflow-artifacts:/` from a store.
    #[must_use]
    pub fn proxied(mut self, store: Arc<dyn FileStore>) -> Self {
        self.proxied = Some(store);
        self
    }

    /// Serves the addresses below `uri`, such as `s3://bucket/prefix`, from a store.
    #[must_use]
    pub fn mount(mut self, uri: &str, store: Arc<dyn FileStore>) -> Self {
        self.mounts.push((uri.trim_end_matches('/').to_owned(), store));
        self
    }

    /// Serves local addresses below a folder.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        self.folders.push(absolute);
        self
    }

    /// The store behind the proxy; `None` if it is off.
    pub(crate) fn proxy(&self) -> Option<&Arc<dyn FileStore>> {
        self.proxied.as_ref()
    }

    /// The place that an address names.
    ///
    /// # Errors
    /// It is outside of everything that was configured.
    pub(crate) fn resolve(&self, uri: &str) -> Result<Place> {
        let scheme = scheme(uri);
        if is_proxy_scheme(&scheme) {
            return self.proxy_place(uri, &scheme);
        }
        if matches!(scheme.as_str(), "" | "file") {
            return self.local_place(uri);
        }
        for (root, store) in &self.mounts {
            let Some(rest) = uri.strip_prefix(root.as_str()) else { continue };
            if rest.is_empty() || rest.starts_with('/') {
                let path = plain(uri, rest.trim_matches('/'))?;
                return Ok(Place { store: store.clone(), path });
            }
        }
        Err(elsewhere(uri))
    }

    fn proxy_place(&self, uri: &str, scheme: &str) -> Result<Place> {
        let store = self.proxied.clone().ok_or_else(|| elsewhere(uri))?;
        let rest = uri.split_once(':').map_or("", |(_, rest)| rest);
        let rest = match rest.strip_prefix("//") {
            Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
            None => rest.trim_start_matches('/'),
        };
        let rest = match scheme {
            "mlflow-artifacts" => rest,
            _ => {
                let whole = format!("/{rest}");
                let at = whole.find(PROXY).ok_or_else(|| elsewhere(uri))?;
                return Ok(Place { store, path: plain(uri, &whole[at + PROXY.len()..])? });
            }
        };
        Ok(Place { store, path: plain(uri, rest)? })
    }

    fn local_place(&self, uri: &str) -> Result<Place> {
        let local = local_path(uri).ok_or_else(|| elsewhere(uri))?;
        // The most precise root wins, so that its own rules about links hold.
        let root = self
            .folders
            .iter()
            .filter(|root| local.starts_with(root))
            .max_by_key(|root| root.components().count())
            .ok_or_else(|| elsewhere(uri))?;
        let inside = local.strip_prefix(root).ok().and_then(Path::to_str);
        let path = plain(uri, inside.ok_or_else(|| elsewhere(uri))?)?;
        Ok(Place { store: Arc::new(LocalFiles::new(root.clone())), path })
    }

    /// Whether a local address is inside one of the folders.
    pub(crate) fn is_inside(&self, uri: &str) -> bool {
        self.local_place(uri).is_ok()
    }
}

/// The absolute local path that an address names, however it is spelt; `None` if it is spelt to deceive.
pub(crate) fn local_path(uri: &str) -> Option<PathBuf> {
    let decoded = path::decode(uri)?;
    if decoded.contains(['#', '?', '\\']) || decoded.chars().any(char::is_control) {
        return None;
    }
    let path = local_root(&decoded)?;
    let above = path.components().any(|part| matches!(part, Component::ParentDir));
    if above { None } else { std::path::absolute(path).ok() }
}

/// The scheme of an address in lower case; empty for a path.
pub(crate) fn scheme(uri: &str) -> String {
    let Some((scheme, _)) = uri.split_once(':') else { return String::new() };
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    // One letter is a drive of another system: a path, and refused as one.
    if named && scheme.len() > 1 { scheme.to_ascii_lowercase() } else { String::new() }
}

fn is_proxy_scheme(scheme: &str) -> bool {
    matches!(scheme, "mlflow-artifacts" | "http" | "https")
}

fn plain(uri: &str, rest: &str) -> Result<String> {
    if rest.contains(['?', '#']) {
        return Err(elsewhere(uri));
    }
    path::safe(rest).map_err(|_| elsewhere(uri))
}

fn elsewhere(uri: &str) -> Error {
    Error::invalid(format!(
        "The tracking server does not connect to artifact location '{uri}': it lies outside the \
         server's configured artifact storage."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifacts() -> Artifacts {
        Artifacts::new()
            .proxied(Arc::new(LocalFiles::new("/srv/proxied")))
            .mount("s3://bucket/prefix/", Arc::new(LocalFiles::new("/srv/s3")))
            .folder(Path::new("/srv/local"))
            .folder(Path::new("/srv/local/deeper"))
    }

    fn path(uri: &str) -> String {
        artifacts()
            .resolve(uri)
            .map_or_else(|error| format!("refused {}", error.code.as_str()), |p| p.path)
    }

    #[test]
    fn addresses_inside_what_is_configured_are_found() {
        for (uri, expected) in [
            ("mlflow-artifacts:/0/run/artifacts", "0/run/artifacts"),
            ("mlflow-artifacts:///0/run", "0/run"),
            ("mlflow-artifacts://host:5000/0/run", "0/run"),
            ("http://host/x/api/2.0/mlflow-artifacts/artifacts/0/run", "0/run"),
            ("s3://bucket/prefix/0/run", "0/run"),
            ("s3://bucket/prefix", ""),
            ("/srv/local/0/run", "0/run"),
            ("file:///srv/local/0/run", "0/run"),
            ("/srv/local/deeper/0", "0"),
        ] {
            assert_eq!(path(uri), expected, "{uri}");
        }
    }

    #[test]
    fn everything_else_is_refused_and_never_reached_for() {
        for uri in [
            "/etc/passwd",
            "file:///etc/passwd",
            "file://host/srv/local/x",
            "file:///srv/local/../../etc/passwd",
            "file:///srv/local/%2e%2e/%2e%2e/etc/passwd",
            "file:///srv/local/x#/../../../etc/passwd",
            "file:///srv/local/x?/../../../etc/passwd",
            "/srv/local/../secret",
            "/srv/local-other/x",
            "/srv/local/%252e%252e/x",
            "s3://bucket/prefix-other/x",
            "s3://bucket/prefix/../x",
            "s3://bucket/prefix/%2e%2e/x",
            "s3://other/prefix/x",
            "S3://bucket/prefix/x",
            "mlflow-artifacts:/../x",
            "mlflow-artifacts:/a/%2e%2e/%2e%2e/x",
            "mlflow-artifacts:/a#/../../x",
            "http://169.254.169.254/latest/meta-data",
            "http://host/api/2.0/mlflow-artifacts/artifacts/../x",
            "ftp://host/x",
            "hdfs://host/x",
            "gs://bucket/x",
            "models:/m/1",
            "runs:/r/x",
            "C:/x",
            "dbfs:/x",
        ] {
            assert_eq!(path(uri), "refused INVALID_PARAMETER_VALUE", "{uri}");
        }
        let without = Artifacts::new();
        assert!(without.resolve("mlflow-artifacts:/0/run").is_err());
    }
}
