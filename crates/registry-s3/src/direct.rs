//! Addresses that let a client reach the bucket without passing bytes through a server.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use gauntlet_registry::{DirectAccess, FileStore as _, Part, RegistryError, Result};

use crate::S3Files;

/// How long the addresses of parts hold; a client that is slower begins again.
const PARTS_VALID: Duration = Duration::from_secs(6 * 3600);

/// S3's limit.
const MOST_PARTS: u32 = 10_000;

impl S3Files {
    fn presigning(&self, key: &str, valid: Duration) -> Result<PresigningConfig> {
        PresigningConfig::expires_in(valid).map_err(|error| {
            let remedy = "ask for an address that holds at most seven days".to_owned();
            self.during(key, "sign an address").error(error.to_string(), false, remedy)
        })
    }
}

#[async_trait]
impl DirectAccess for S3Files {
    async fn presign_get(&self, path: &str, valid: Duration) -> Result<(String, u64)> {
        let key = self.root.key(path)?;
        let Some(size) = self.size(path).await? else {
            return Err(RegistryError::FileNotFound { path: path.to_owned() });
        };
        let request = self.plain.get_object().bucket(self.root.bucket()).key(&key);
        let signed = request.presigned(self.presigning(&key, valid)?).await;
        let signed = signed.map_err(|error| self.during(&key, "sign an address").failed(error))?;
        Ok((signed.uri().to_owned(), size))
    }

    async fn presign_put(&self, path: &str, valid: Duration) -> Result<String> {
        let key = self.root.key(path)?;
        let request = self.plain.put_object().bucket(self.root.bucket()).key(&key);
        let signed = request.presigned(self.presigning(&key, valid)?).await;
        let signed = signed.map_err(|error| self.during(&key, "sign an address").failed(error))?;
        Ok(signed.uri().to_owned())
    }

    async fn begin_parts(&self, path: &str, parts: u32) -> Result<(String, Vec<String>)> {
        let key = self.root.key(path)?;
        if parts == 0 || parts > MOST_PARTS {
            return Err(RegistryError::Invalid {
                field: "num_parts",
                value: parts.to_string(),
                rule: format!("an upload has 1 to {MOST_PARTS} parts"),
            });
        }
        let bucket = self.root.bucket();
        let begun = self.plain.create_multipart_upload().bucket(bucket).key(&key).send().await;
        let during = self.during(&key, "begin an upload in parts");
        let id = begun.map_err(|error| during.failed(error))?.upload_id.unwrap_or_default();
        let mut addresses = Vec::new();
        for number in 1..=parts.cast_signed() {
            let request = self.plain.upload_part().bucket(bucket).key(&key).upload_id(&id);
            let signing = self.presigning(&key, PARTS_VALID)?;
            let signed = request.part_number(number).presigned(signing).await;
            addresses.push(signed.map_err(|error| during.failed(error))?.uri().to_owned());
        }
        Ok((id, addresses))
    }

    async fn finish_parts(&self, path: &str, upload: &str, parts: &[Part]) -> Result<()> {
        let key = self.root.key(path)?;
        let mut parts = parts.to_vec();
        parts.sort_by_key(|part| part.number);
        let parts = parts.into_iter().map(|part| {
            let number = part.number.cast_signed();
            CompletedPart::builder().part_number(number).e_tag(part.etag).build()
        });
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let request = self.plain.complete_multipart_upload().bucket(self.root.bucket()).key(&key);
        let done = request.upload_id(upload).multipart_upload(parts).send().await;
        done.map(|_| ())
            .map_err(|error| self.during(&key, "finish an upload in parts").failed(error))
    }

    async fn abort_parts(&self, path: &str, upload: &str) -> Result<()> {
        let key = self.root.key(path)?;
        let request = self.plain.abort_multipart_upload().bucket(self.root.bucket()).key(&key);
        let done = request.upload_id(upload).send().await;
        done.map(|_| ())
            .map_err(|error| self.during(&key, "give an upload in parts up").failed(error))
    }
}
