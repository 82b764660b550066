//! A bucket that is only read: signed GETs, and no S3 SDK.
//!
//! Requests are signed in their query, as presigned addresses are, and made with the same client as those to a
//! registry. An address is never shown, since it holds its signature, and no redirect is followed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Response, StatusCode, Url};
use rusty_s3::actions::{ListObjectsV2, S3Action as _};
use rusty_s3::{Bucket, Credentials, UrlStyle};

use super::refusal::{bucket_error, refusal};
use super::{Location, S3Config};
use crate::rest::FileStores;
use crate::rest::retry::{Outcome, again, wait};
use crate::rest::transport::{beginning, chain};
use crate::{ByteStream, DirectAccess, Download, Entry, FileStore, RegistryError, Result};

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an address is valid: requests are made at once, clocks differ a little.
const VALID: Duration = Duration::from_secs(300);

/// What of a listing's page, or of a refusal, is read.
const LONGEST_PAGE: usize = 4 << 20;

/// A listing with more keys is of something else than models.
const MOST_KEYS: usize = 10_000;

/// What opens buckets to read from: one client, one set of credentials.
#[derive(Debug, Clone)]
pub struct Buckets {
    client: Client,
    config: Arc<S3Config>,
    credentials: Option<Credentials>,
}

impl Buckets {
    /// Buckets as `config` says. Without credentials nothing is signed, which is enough for a public bucket.
    ///
    /// # Errors
    /// The certificates to trust cannot be read.
    pub fn new(config: S3Config) -> Result<Self> {
        // An error says that a provider was installed before, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("gauntlet/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(config.read_timeout)
            .redirect(Policy::none())
            .referer(false);
        if let Some(path) = &config.ca_bundle {
            let invalid = |error: reqwest::Error| RegistryError::Invalid {
                field: "AWS_CA_BUNDLE",
                value: path.display().to_string(),
                rule: format!("it names a file of certificates in PEM: {error}"),
            };
            for certificate in
                Certificate::from_pem_bundle(&fs_err::read(path)?).map_err(invalid)?
            {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let client = builder.build().map_err(|error| RegistryError::Unreachable {
            url: config.endpoint.clone().unwrap_or_else(|| "s3".to_owned()),
            operation: "prepare connections".to_owned(),
            problem: chain(&error),
        })?;
        let credentials = match (&config.access_key, &config.secret_key, &config.session_token) {
            (Some(key), Some(secret), Some(token)) => {
                Some(Credentials::new_with_token(key, secret, token))
            }
            (Some(key), Some(secret), None) => Some(Credentials::new(key, secret)),
            _ => None,
        };
        Ok(Self { client, config: Arc::new(config), credentials })
    }

    /// The files below `root`. Nothing is sent yet.
    ///
    /// # Errors
    /// The endpoint is no address.
    pub fn open(&self, root: Location) -> Result<BucketReader> {
        let (endpoint, style) = match &self.config.endpoint {
            Some(endpoint) => (endpoint.clone(), UrlStyle::Path),
            // A dot in a bucket's name does not fit the certificate of a host of that name.
            None if root.bucket().contains('.') => (amazon(&self.config.region), UrlStyle::Path),
            None => (amazon(&self.config.region), UrlStyle::VirtualHost),
        };
        let invalid = |problem: String| RegistryError::Invalid {
            field: "MLFLOW_S3_ENDPOINT_URL",
            value: endpoint.clone(),
            rule: problem,
        };
        let address = Url::parse(&endpoint).map_err(|error| invalid(error.to_string()))?;
        let name = root.bucket().to_owned();
        let bucket = Bucket::new(address, style, name, self.config.region.clone())
            .map_err(|error| invalid(error.to_string()))?;
        Ok(BucketReader { buckets: self.clone(), bucket: Arc::new(bucket), root })
    }
}

impl FileStores for Buckets {
    fn open(&self, root: &str) -> Result<Arc<dyn FileStore>> {
        Ok(Arc::new(Self::open(self, root.parse()?)?))
    }
}

fn amazon(region: &str) -> String {
    format!("https://s3.{region}.amazonaws.com")
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Its path below the reader's root.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The store's mark of its content.
    pub etag: String,
}

/// Files below `s3://bucket/prefix`, to read only.
#[derive(Debug, Clone)]
pub struct BucketReader {
    buckets: Buckets,
    bucket: Arc<Bucket>,
    root: Location,
}

impl BucketReader {
    /// The files in a folder of this one; `""` is this one.
    ///
    /// # Errors
    /// [`RegistryError::OutsideRoot`].
    pub fn below(&self, folder: &str) -> Result<Self> {
        Ok(Self { root: self.root.join(folder)?, ..self.clone() })
    }

    /// Where this is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.root
    }

    /// All objects below the root, by path.
    ///
    /// # Errors
    /// The store cannot be reached or refuses, or there are more than 10,000.
    pub async fn objects(&self) -> Result<Vec<Object>> {
        let prefix = self.root.keys_in("")?;
        let mut objects = Vec::new();
        for (key, size, etag) in self.keys(&prefix, None).await?.0 {
            if let Some(path) = key.strip_prefix(&prefix).filter(|path| !path.is_empty()) {
                objects.push(Object { path: path.to_owned(), size, etag });
            }
        }
        objects.sort();
        Ok(objects)
    }

    /// Keys with sizes and marks, and prefixes, that begin with `prefix`.
    #[allow(clippy::type_complexity, reason = "two lists that one loop fills")]
    async fn keys(
        &self,
        prefix: &str,
        delimiter: Option<&'static str>,
    ) -> Result<(Vec<(String, u64, String)>, Vec<String>)> {
        const LIST: &str = "list it";
        let (mut keys, mut prefixes, mut token) = (Vec::new(), Vec::new(), None::<String>);
        loop {
            let answer = self
                .send(Method::GET, prefix, LIST, || {
                    let credentials = self.buckets.credentials.as_ref();
                    let mut list = self.bucket.list_objects_v2(credentials);
                    list.with_prefix(prefix.to_owned());
                    if let Some(delimiter) = delimiter {
                        list.with_delimiter(delimiter);
                    }
                    if let Some(token) = &token {
                        list.with_continuation_token(token.clone());
                    }
                    list.sign(VALID)
                })
                .await?;
            let page = beginning(answer, LONGEST_PAGE).await;
            let page = ListObjectsV2::parse_response(&page).map_err(|error| {
                let problem = format!("its listing cannot be read: {error}");
                let remedy = "see that MLFLOW_S3_ENDPOINT_URL is the address of an S3 store";
                self.failed(prefix, LIST, problem, remedy, false)
            })?;
            let found = page.contents.len() + page.common_prefixes.len();
            keys.extend(page.contents.into_iter().map(|object| {
                (object.key, object.size.unwrap_or(0), object.etag.unwrap_or_default())
            }));
            prefixes.extend(page.common_prefixes.into_iter().map(|folder| folder.prefix));
            if keys.len() + prefixes.len() > MOST_KEYS {
                let problem = format!("there are more than {MOST_KEYS} keys");
                let remedy = "name a prefix that holds models only";
                return Err(self.failed(prefix, LIST, problem, remedy, false));
            }
            match page.next_continuation_token {
                // A page without a key that is not the last leads nowhere.
                Some(next) if found > 0 && token.as_ref() != Some(&next) => token = Some(next),
                _ => return Ok((keys, prefixes)),
            }
        }
    }

    /// Makes a request until it succeeds; each attempt is signed anew.
    async fn send(
        &self,
        method: Method,
        key: &str,
        operation: &'static str,
        url: impl Fn() -> Url,
    ) -> Result<Response> {
        let mut attempt = 0;
        loop {
            let request = self.buckets.client.request(method.clone(), url());
            let (outcome, error) = match request.send().await {
                Ok(answer) if answer.status() == StatusCode::OK => return Ok(answer),
                Ok(answer) => {
                    let status = answer.status();
                    let body = beginning(answer, LONGEST_PAGE).await;
                    let error = refusal(&self.root, key, operation, status, &body);
                    (Outcome::Status(status.as_u16()), error)
                }
                Err(error) => {
                    let outcome =
                        if error.is_connect() { Outcome::NotConnected } else { Outcome::Broken };
                    (outcome, self.failed(key, operation, chain(&error), UNREACHABLE, true))
                }
            };
            attempt += 1;
            if attempt >= self.buckets.config.attempts || !again(outcome, true) {
                return Err(error);
            }
            tokio::time::sleep(wait(attempt, None)).await;
        }
    }

    fn failed(
        &self,
        key: &str,
        operation: &'static str,
        problem: String,
        remedy: &str,
        transient: bool,
    ) -> RegistryError {
        bucket_error(&self.root, key, operation, problem, remedy.to_owned(), transient)
    }

    fn readonly(&self, operation: &'static str) -> RegistryError {
        let registry = format!("{}, which is open for reading,", self.root);
        RegistryError::Unsupported { operation, registry }
    }
}

const UNREACHABLE: &str = "see that MLFLOW_S3_ENDPOINT_URL is right and the store can be reached";

#[async_trait]
impl FileStore for BucketReader {
    async fn get(&self, path: &str) -> Result<Download> {
        const READ: &str = "read it";
        let key = self.root.key(path)?;
        let credentials = self.buckets.credentials.as_ref();
        let url = || self.bucket.get_object(credentials, &key).sign(VALID);
        let answer = match self.send(Method::GET, &key, READ, url).await {
            Err(RegistryError::FileNotFound { .. }) => {
                return Err(RegistryError::FileNotFound { path: path.to_owned() });
            }
            other => other?,
        };
        let size = answer.content_length().unwrap_or(0);
        let root = self.root.clone();
        let bytes = answer.bytes_stream().map_err(move |error| {
            let problem = chain(&error.without_url());
            let error = bucket_error(&root, &key, READ, problem, UNREACHABLE.to_owned(), true);
            std::io::Error::other(error)
        });
        Ok(Download { size, bytes: Box::pin(bytes) })
    }

    async fn put(&self, _path: &str, _bytes: ByteStream) -> Result<u64> {
        Err(self.readonly("write a file"))
    }

    async fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let prefix = self.root.keys_in(folder)?;
        let (keys, prefixes) = self.keys(&prefix, Some("/")).await?;
        let name = |key: &str| Some(key.strip_prefix(&prefix)?.trim_end_matches('/').to_owned());
        // A key that ends with a slash is how some tools write an empty folder.
        let files = keys.iter().filter(|(key, ..)| !key.ends_with('/'));
        let files =
            files.filter_map(|(key, size, _)| Some(Entry { name: name(key)?, size: Some(*size) }));
        let folders =
            prefixes.iter().filter_map(|key| Some(Entry { name: name(key)?, size: None }));
        let mut entries: Vec<Entry> =
            files.chain(folders).filter(|entry| !entry.name.is_empty()).collect();
        entries.sort();
        Ok(entries)
    }

    async fn size(&self, path: &str) -> Result<Option<u64>> {
        let key = self.root.key(path)?;
        let credentials = self.buckets.credentials.as_ref();
        let url = || self.bucket.head_object(credentials, &key).sign(VALID);
        match self.send(Method::HEAD, &key, "look for it", url).await {
            Ok(answer) => {
                let length = answer.headers().get(reqwest::header::CONTENT_LENGTH);
                Ok(length.and_then(|length| length.to_str().ok()?.parse().ok()).or(Some(0)))
            }
            Err(RegistryError::FileNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn delete(&self, _path: &str) -> Result<()> {
        Err(self.readonly("delete a file"))
    }

    fn uri(&self) -> Option<String> {
        Some(self.root.to_string())
    }

    fn direct(&self) -> Option<&dyn DirectAccess> {
        None
    }
}
