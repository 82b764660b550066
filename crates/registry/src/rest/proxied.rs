//! Artefacts that pass through the server: `mlflow-artifacts:/`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use gauntlet_mlflow::{
    AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload,
    CreateMultipartUploadAnswer, Empty, MultipartUploadPart, PresignedDownloadAnswer,
};
use reqwest::Url;
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::sync::OnceCell;

use super::MlflowClient;
use super::artifacts::{Progress, from_disk};
use super::transport::Call;
use super::url::{join, shown};
use crate::{ByteStream, DirectAccess, Download, Entry, FileStore, RegistryError, Result};

const BASE: &str = "/api/2.0/mlflow-artifacts";

/// Files from this size go up in parts where the server can hand out addresses for them.
const PARTS_FROM: u64 = 500 << 20;

/// The size of a part.
const PART: u64 = 10 << 20;

/// Files below one folder of a server's artefacts.
#[derive(Debug, Clone)]
pub struct ProxiedFiles {
    client: MlflowClient,
    root: String,
    abilities: Arc<OnceCell<Abilities>>,
}

/// What of a server's answer about itself matters here.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Abilities {
    multipart_uploads_enabled: bool,
    multipart_downloads_enabled: bool,
}

impl ProxiedFiles {
    pub(super) fn new(client: MlflowClient, root: &str) -> Self {
        let root = root.trim_matches('/').to_owned();
        Self { client, root, abilities: Arc::default() }
    }

    /// Uploads a local file; one of at least `PARTS_FROM` bytes in parts, if the server can do that. What
    /// breaks off is tried again.
    ///
    /// # Errors
    /// The file cannot be read, or the server refused it.
    pub async fn put_file(&self, path: &str, from: &Path, progress: &Progress) -> Result<u64> {
        let size = fs_err::metadata(from)?.len();
        if size >= PARTS_FROM && self.abilities().await.multipart_uploads_enabled {
            return self.put_parts(path, from, size, progress).await;
        }
        super::artifacts::with_retries(|| async {
            self.put(path, from_disk(from, progress).await?).await
        })
        .await
    }

    async fn put_parts(
        &self,
        path: &str,
        from: &Path,
        size: u64,
        progress: &Progress,
    ) -> Result<u64> {
        let full = self.full(path)?;
        let number = size.div_ceil(PART);
        let create = CreateMultipartUpload {
            path: Some(name(path).to_owned()),
            num_parts: i64::try_from(number).ok(),
        };
        let operation = format!("upload `{path}` in parts");
        let begun: CreateMultipartUploadAnswer = self
            .client
            .post(&operation, &format!("{BASE}/mpu/create/{}", folder(&full)), &create, true)
            .await?;
        let sent = self.send_parts(&operation, from, &begun, progress).await;
        let upload_id = begun.upload_id;
        match sent {
            Ok(parts) => {
                let complete =
                    CompleteMultipartUpload { path: Some(name(path).to_owned()), upload_id, parts };
                let at = format!("{BASE}/mpu/complete/{}", folder(&full));
                let _: Empty = self.client.post(&operation, &at, &complete, false).await?;
                Ok(size)
            }
            Err(error) => {
                let abort = AbortMultipartUpload { path: Some(name(path).to_owned()), upload_id };
                let at = format!("{BASE}/mpu/abort/{}", folder(&full));
                // Why the upload failed is worth more than why giving it up did.
                let _: Result<Empty> = self.client.post(&operation, &at, &abort, true).await;
                Err(error)
            }
        }
    }

    async fn send_parts(
        &self,
        operation: &str,
        from: &Path,
        begun: &CreateMultipartUploadAnswer,
        progress: &Progress,
    ) -> Result<Vec<MultipartUploadPart>> {
        let mut file = fs_err::tokio::File::open(from).await?;
        let mut parts = Vec::new();
        for credential in &begun.credentials {
            let mut bytes = Vec::new();
            (&mut file).take(PART).read_to_end(&mut bytes).await?;
            let size = bytes.len() as u64;
            let url = self.signed(operation, credential.url.as_deref())?;
            let etag = self.client.transport().upload_signed(operation, url, bytes.into()).await?;
            progress(size);
            parts.push(MultipartUploadPart {
                part_number: credential.part_number,
                etag: Some(etag),
                url: credential.url.clone(),
            });
        }
        Ok(parts)
    }

    fn signed(&self, operation: &str, url: Option<&str>) -> Result<Url> {
        Url::parse(url.unwrap_or_default()).map_err(|_| {
            self.client.transport().unreadable(operation, "it handed out no address to go to")
        })
    }

    async fn abilities(&self) -> Abilities {
        let ask = async {
            let answer = self.client.get("ask what it can do", "/api/3.0/mlflow/server-info").await;
            // Older servers do not say; then they can do nothing of it.
            answer.unwrap_or_default()
        };
        *self.abilities.get_or_init(|| ask).await
    }

    fn full(&self, path: &str) -> Result<String> {
        if !is_plain(path) {
            let root = format!("mlflow-artifacts:/{}", self.root).into();
            return Err(RegistryError::OutsideRoot { path: path.to_owned(), root });
        }
        Ok(if self.root.is_empty() { path.to_owned() } else { format!("{}/{path}", self.root) })
    }

    fn url(&self, path: &str) -> Result<Url> {
        let full = self.full(path)?;
        Ok(join(self.client.transport().base(), &format!("{BASE}/artifacts/{full}")))
    }

    fn call(&self, operation: String, method: reqwest::Method, url: Url, repeatable: bool) -> Call {
        Call { operation, method, url, json: None, repeatable }
    }

    /// The server's word for a file that is not there depends on where it keeps its files.
    async fn missing(&self, path: &str, error: RegistryError) -> RegistryError {
        let RegistryError::Remote { .. } = &error else { return error };
        match self.size(path).await {
            Ok(None) => RegistryError::FileNotFound { path: path.to_owned() },
            _ => error,
        }
    }

    async fn direct_download(&self, path: &str) -> Result<Option<Download>> {
        if !self.abilities().await.multipart_downloads_enabled {
            return Ok(None);
        }
        let operation = format!("download `{path}`");
        let at = format!("{BASE}/presigned/{}", self.full(path)?);
        let answer: PresignedDownloadAnswer = match self.client.get(&operation, &at).await {
            Ok(answer) => answer,
            Err(RegistryError::Remote { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let url = self.signed(&operation, answer.url.as_deref())?;
        let shown = shown(&url);
        let answer = self.client.transport().download_signed(&operation, url).await?;
        Ok(Some(download(answer, shown, operation)))
    }
}

#[async_trait]
impl FileStore for ProxiedFiles {
    async fn get(&self, path: &str) -> Result<Download> {
        let url = self.url(path)?;
        if let Some(direct) = self.direct_download(path).await? {
            return Ok(direct);
        }
        let operation = format!("download `{path}`");
        let shown = shown(&url);
        let call = self.call(operation.clone(), reqwest::Method::GET, url, true);
        match self.client.transport().open(&call).await {
            Ok(answer) => {
                if answer.content_length().is_some() {
                    return Ok(download(answer, shown, operation));
                }
                let Some(size) = self.size(path).await? else {
                    return Err(RegistryError::FileNotFound { path: path.to_owned() });
                };
                Ok(Download { size, ..download(answer, shown, operation) })
            }
            Err(error) => Err(self.missing(path, error).await),
        }
    }

    async fn put(&self, path: &str, bytes: ByteStream) -> Result<u64> {
        let url = self.url(path)?;
        let counted = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let failure = Arc::new(std::sync::Mutex::new(None));
        let (counter, failed) = (counted.clone(), failure.clone());
        let bytes = bytes.inspect_ok(move |chunk: &Bytes| {
            counter.fetch_add(chunk.len() as u64, std::sync::atomic::Ordering::Relaxed);
        });
        // The source's own error is kept: all that comes out of the request is that a body broke off.
        let bytes = bytes.map_err(move |error| {
            let words = io::Error::new(error.kind(), error.to_string());
            if let Ok(mut kept) = failed.lock() {
                *kept = Some(error);
            }
            words
        });
        let sent =
            self.client.transport().upload(&format!("upload `{path}`"), url, Box::pin(bytes)).await;
        let kept = failure.lock().ok().and_then(|mut kept| kept.take());
        match (sent, kept) {
            (_, Some(error)) => Err(super::artifacts::unwrapped(error)),
            (Err(error), None) => Err(error),
            (Ok(()), None) => Ok(counted.load(std::sync::atomic::Ordering::Relaxed)),
        }
    }

    async fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        #[derive(Deserialize)]
        struct Listing {
            #[serde(default)]
            files: Vec<gauntlet_mlflow::FileInfo>,
        }
        let full = if folder.is_empty() { self.root.clone() } else { self.full(folder)? };
        let mut url = join(self.client.transport().base(), &format!("{BASE}/artifacts"));
        if !full.is_empty() {
            url.query_pairs_mut().append_pair("path", &full);
        }
        let operation = format!("list `{folder}`");
        let call = self.call(operation.clone(), reqwest::Method::GET, url, true);
        let bytes = self.client.transport().call(&call).await?;
        let listing: Listing = self.client.parsed(&operation, &bytes)?;
        let mut entries: Vec<Entry> = listing
            .files
            .into_iter()
            .filter_map(|file| {
                let path = file.path?;
                let size = u64::try_from(file.file_size.unwrap_or(0)).ok();
                let size = if file.is_dir == Some(true) { None } else { size };
                Some(Entry { name: name(&path).to_owned(), size })
            })
            .collect();
        entries.sort();
        Ok(entries)
    }

    async fn size(&self, path: &str) -> Result<Option<u64>> {
        self.full(path)?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let entries = match self.list(folder).await {
            Ok(entries) => entries,
            // Some stores refuse to list what is not a folder.
            Err(RegistryError::Remote {
                kind: crate::Kind::NotFound | crate::Kind::Invalid,
                ..
            }) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        Ok(entries.into_iter().find(|entry| entry.name == name(path)).and_then(|entry| entry.size))
    }

    async fn delete(&self, path: &str) -> Result<()> {
        let url = self.url(path)?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !self.list(folder).await?.iter().any(|entry| entry.name == name(path)) {
            return Err(RegistryError::FileNotFound { path: path.to_owned() });
        }
        let call = self.call(format!("delete `{path}`"), reqwest::Method::DELETE, url, true);
        self.client.transport().call(&call).await.map(|_| ())
    }

    fn uri(&self) -> Option<String> {
        Some(format!("mlflow-artifacts:/{}", self.root))
    }

    fn direct(&self) -> Option<&dyn DirectAccess> {
        None
    }
}

fn download(answer: reqwest::Response, url: String, operation: String) -> Download {
    let size = answer.content_length().unwrap_or(0);
    let bytes = answer.bytes_stream().map_err(move |error| {
        let (url, operation) = (url.clone(), operation.clone());
        let problem = format!("the connection broke: {}", error.without_url());
        io::Error::other(RegistryError::Unreachable { url, operation, problem })
    });
    Download { size, bytes: Box::pin(bytes) }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_plain(path: &str) -> bool {
    !path.split('/').any(|part| matches!(part, "" | "." | ".."))
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
        && !matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}
