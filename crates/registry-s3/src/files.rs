//! Files by path in a bucket.

use std::io;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::stream;
use gauntlet_registry::{
    ByteStream, DirectAccess, Download, Entry, FileStore, RegistryError, Result,
};

use crate::client::client;
use crate::error::{During, is_missing};
use crate::upload::{Target, upload};
use crate::{Checksums, Location, S3Config};

/// Files below `s3://bucket/prefix`.
#[derive(Debug, Clone)]
pub struct S3Files {
    pub(crate) client: Client,
    /// Neither sends nor checks checksums of the SDK's: signs addresses for others, and reads what is hashed here.
    pub(crate) plain: Client,
    pub(crate) root: Location,
    checksums: Checksums,
}

/// An object in a flat listing: its path below the root, its size, and the second it was written.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) written: i64,
}

impl S3Files {
    /// The files below `root`. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// There are no credentials, or the certificates to trust cannot be read.
    pub fn new(root: Location, config: &S3Config) -> Result<Self> {
        let plain = S3Config { checksums: Checksums::Required, ..config.clone() };
        Ok(Self {
            client: client(&root, config)?,
            plain: client(&root, &plain)?,
            checksums: config.checksums,
            root,
        })
    }

    /// Copies a file within the bucket; its bytes do not leave the store.
    ///
    /// # Errors
    /// There is no such file, or the store failed.
    pub async fn copy(&self, from: &str, to: &str) -> Result<()> {
        let (source, key) = (self.root.key(from)?, self.root.key(to)?);
        let copied = self
            .client
            .copy_object()
            .bucket(self.root.bucket())
            .key(&key)
            .copy_source(format!("{}/{}", self.root.bucket(), encoded(&source)))
            .send()
            .await;
        copied.map(|_| ()).map_err(|error| match is_missing(&error) {
            true => RegistryError::FileNotFound { path: from.to_owned() },
            false => self.during(&key, "copy to it").failed(error),
        })
    }

    /// A file whose bytes the caller compares with a digest of its own.
    pub(crate) async fn get_unchecked(&self, path: &str) -> Result<Download> {
        self.download(&self.plain, path, 0).await
    }

    async fn download(&self, client: &Client, path: &str, from: u64) -> Result<Download> {
        let key = self.root.key(path)?;
        let mut request = client.get_object().bucket(self.root.bucket()).key(&key);
        if from > 0 {
            request = request.range(format!("bytes={from}-"));
        }
        let answer = request.send().await.map_err(|error| match is_missing(&error) {
            true => RegistryError::FileNotFound { path: path.to_owned() },
            false => self.during(&key, "download it").failed(error),
        })?;
        let bucket = self.root.bucket().to_owned();
        let bytes = stream::try_unfold(answer.body, move |mut body| {
            let (bucket, key) = (bucket.clone(), key.clone());
            async move {
                match body.try_next().await {
                    Ok(chunk) => Ok(chunk.map(|chunk| (chunk, body))),
                    Err(error) => {
                        let during =
                            During { bucket: &bucket, key: &key, operation: "download it" };
                        Err(io::Error::other(during.interrupted(&error)))
                    }
                }
            }
        });
        Ok(Download { size: answer.content_length.map_or(0, size), bytes: Box::pin(bytes) })
    }

    pub(crate) fn during<'a>(&'a self, key: &'a str, operation: &'static str) -> During<'a> {
        During { bucket: self.root.bucket(), key, operation }
    }

    /// All files below a folder, however deep, in order of their keys.
    pub(crate) async fn walk(&self, folder: &str) -> Result<Vec<Object>> {
        let prefix = self.root.keys_in(folder)?;
        let root = self.root.keys_in("")?;
        let pages = self.client.list_objects_v2().bucket(self.root.bucket()).prefix(&prefix);
        let mut pages = pages.into_paginator().send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.during(&prefix, "list it").failed(error))?;
            objects.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| {
                Some(Object {
                    path: object.key?.strip_prefix(&root)?.to_owned(),
                    size: object.size.map_or(0, size),
                    written: object.last_modified.map_or(0, |at| at.secs()),
                })
            }));
        }
        Ok(objects)
    }

    /// Gives up the uploads in parts below a folder that were begun up to `limit`, in seconds since 1970.
    pub(crate) async fn abort_older_than(&self, folder: &str, limit: i64) -> Result<()> {
        let (bucket, prefix) = (self.root.bucket(), self.root.keys_in(folder)?);
        let request = self.client.list_multipart_uploads().bucket(bucket).prefix(&prefix);
        let during = self.during(&prefix, "list unfinished uploads");
        let found = match request.send().await {
            Ok(found) => found,
            // Not every store can list them; those that cannot clean up by themselves.
            Err(error) if error.code() == Some("NotImplemented") => return Ok(()),
            Err(error) => return Err(during.failed(error)),
        };
        for upload in found.uploads() {
            let begun = upload.initiated().map_or(0, |at| at.secs());
            if let (Some(key), Some(id)) = (upload.key(), upload.upload_id())
                && begun <= limit
            {
                let request = self.client.abort_multipart_upload().bucket(bucket).key(key);
                let done = request.upload_id(id).send().await;
                done.map_err(|error| self.during(key, "give an upload in parts up").failed(error))?;
            }
        }
        Ok(())
    }

    /// Removes many files; those that do not exist are no error.
    pub(crate) async fn remove(&self, paths: &[String]) -> Result<()> {
        for some in paths.chunks(1000) {
            let mut objects = Vec::new();
            for path in some {
                // What a listing named is removed by that name, plain or not.
                let key = format!("{}{path}", self.root.keys_in("")?);
                let object = ObjectIdentifier::builder().key(key).build();
                objects.push(object.map_err(|error| {
                    self.during(path, "remove it").error(error.to_string(), false, String::new())
                })?);
            }
            let during = self.during(&some[0], "remove it");
            let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
            let delete =
                delete.map_err(|error| during.error(error.to_string(), false, String::new()))?;
            let request = self.client.delete_objects().bucket(self.root.bucket()).delete(delete);
            let answer = request.send().await.map_err(|error| during.failed(error))?;
            if let Some(refusal) = answer.errors().first() {
                let key = refusal.key().unwrap_or(&some[0]);
                let problem = refusal.message().or(refusal.code()).unwrap_or("no reason given");
                let remedy = "see that these credentials may delete objects".to_owned();
                return Err(self.during(key, "remove it").error(problem.to_owned(), false, remedy));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl FileStore for S3Files {
    async fn get(&self, path: &str) -> Result<Download> {
        self.download(&self.client, path, 0).await
    }

    async fn get_from(&self, path: &str, from: u64) -> Result<Download> {
        if from == 0 {
            return self.download(&self.client, path, 0).await;
        }
        // A range past the end is an error in S3.
        match self.size(path).await? {
            None => Err(RegistryError::FileNotFound { path: path.to_owned() }),
            Some(size) if size <= from => {
                Ok(Download { size: 0, bytes: Box::pin(stream::empty()) })
            }
            Some(_) => self.download(&self.client, path, from).await,
        }
    }

    async fn put(&self, path: &str, bytes: ByteStream) -> Result<u64> {
        let key = self.root.key(path)?;
        let target = Target {
            client: self.client.clone(),
            bucket: self.root.bucket().to_owned(),
            key,
            checksums: self.checksums,
        };
        upload(target, bytes).await
    }

    async fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let prefix = self.root.keys_in(folder)?;
        let pages = self.client.list_objects_v2().bucket(self.root.bucket());
        let mut pages = pages.prefix(&prefix).delimiter("/").into_paginator().send();
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.during(&prefix, "list it").failed(error))?;
            let name =
                |key: &str| Some(key.strip_prefix(&prefix)?.trim_end_matches('/').to_owned());
            for folder in page.common_prefixes() {
                entries
                    .extend(folder.prefix().and_then(name).map(|name| Entry { name, size: None }));
            }
            for object in page.contents() {
                // A key that ends with a slash is how some tools write an empty folder.
                let key = object.key().filter(|key| !key.ends_with('/'));
                let size = Some(object.size().map_or(0, size));
                entries.extend(key.and_then(name).map(|name| Entry { name, size }));
            }
        }
        entries.retain(|entry| !entry.name.is_empty());
        entries.sort();
        Ok(entries)
    }

    async fn size(&self, path: &str) -> Result<Option<u64>> {
        let key = self.root.key(path)?;
        match self.client.head_object().bucket(self.root.bucket()).key(&key).send().await {
            Ok(head) => Ok(Some(head.content_length.map_or(0, size))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.during(&key, "look for it").failed(error)),
        }
    }

    async fn delete(&self, path: &str) -> Result<()> {
        let mut paths: Vec<String> =
            self.walk(path).await?.into_iter().map(|object| object.path).collect();
        if self.size(path).await?.is_some() {
            paths.push(path.to_owned());
        }
        if paths.is_empty() {
            return Err(RegistryError::FileNotFound { path: path.to_owned() });
        }
        self.remove(&paths).await
    }

    fn uri(&self) -> Option<String> {
        Some(self.root.to_string())
    }

    fn direct(&self) -> Option<&dyn DirectAccess> {
        Some(self)
    }
}

/// The SDK's sizes are signed.
pub(crate) fn size(size: i64) -> u64 {
    u64::try_from(size).unwrap_or(0)
}

/// A key as the header that names the source of a copy wants it.
fn encoded(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
    key.bytes().fold(String::new(), |text, byte| match plain(byte) {
        true => text + &char::from(byte).to_string(),
        false => format!("{text}%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_source_of_a_copy_is_encoded_byte_by_byte() {
        assert_eq!(super::encoded("a b/ü+1.json"), "a%20b/%C3%BC%2B1.json");
    }
}
