//! Writing one object from a stream: whole if it is small, in parts otherwise, and never half.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream as Body;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use gauntlet_registry::{ByteStream, Result};
use tokio::task::JoinSet;

use crate::Checksums;
use crate::bundle::unwrapped;
use crate::error::During;

/// What is longer goes up in parts. S3 wants at least 5 MiB per part.
pub(crate) const PART: usize = 8 << 20;

/// Parts of one size before they grow: 10,000 parts, S3's limit, then hold 440 GiB.
const PARTS_OF_A_SIZE: i32 = 1000;

/// Parts in flight at once. Memory is bounded by one more: the part that is being read.
const IN_FLIGHT: usize = 2;

/// An object to write.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) checksums: Checksums,
}

/// Writes the object, and returns its size.
pub(crate) async fn upload(target: Target, mut bytes: ByteStream) -> Result<u64> {
    let mut rest = BytesMut::new();
    let first = next_part(&mut bytes, &mut rest, PART).await?;
    if first.len() < PART {
        return target.put_whole(first).await;
    }
    let upload = Unfinished::begin(target).await?;
    match upload.send(first, bytes, rest).await {
        Ok(size) => {
            upload.forget();
            Ok(size)
        }
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

/// The next `size` bytes; fewer at the end of the stream.
async fn next_part(bytes: &mut ByteStream, rest: &mut BytesMut, size: usize) -> Result<Bytes> {
    while rest.len() < size {
        match bytes.try_next().await.map_err(unwrapped)? {
            Some(chunk) => rest.extend_from_slice(&chunk),
            None => return Ok(rest.split().freeze()),
        }
    }
    Ok(rest.split_to(size).freeze())
}

impl Target {
    fn during(&self, operation: &'static str) -> During<'_> {
        During { bucket: &self.bucket, key: &self.key, operation }
    }

    async fn put_whole(&self, bytes: Bytes) -> Result<u64> {
        let size = bytes.len() as u64;
        let request = self.client.put_object().bucket(&self.bucket).key(&self.key);
        let sent = request.body(Body::from(bytes)).send().await;
        sent.map_err(|error| self.during("upload it").failed(error))?;
        Ok(size)
    }

    async fn put_part(self, id: String, number: i32, bytes: Bytes) -> Result<CompletedPart> {
        let request = self.client.upload_part().bucket(&self.bucket).key(&self.key);
        let request = request.upload_id(id).part_number(number).body(Body::from(bytes));
        let sent = request.set_checksum_algorithm(self.algorithm()).send().await;
        let sent = sent.map_err(|error| self.during("upload a part of it").failed(error))?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .build())
    }

    fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        (self.checksums == Checksums::Supported).then_some(ChecksumAlgorithm::Crc32)
    }
}

/// An upload in parts that was begun; given up when dropped.
struct Unfinished {
    target: Target,
    id: Option<String>,
}

impl Unfinished {
    async fn begin(target: Target) -> Result<Self> {
        let request = target.client.create_multipart_upload().bucket(&target.bucket);
        let request = request.key(&target.key).set_checksum_algorithm(target.algorithm());
        let begun = request.send().await;
        let begun =
            begun.map_err(|error| target.during("begin an upload in parts").failed(error))?;
        Ok(Self { target, id: begun.upload_id })
    }

    /// Sends all parts and makes an object of them.
    async fn send(&self, first: Bytes, mut bytes: ByteStream, mut rest: BytesMut) -> Result<u64> {
        let (mut part, mut number, mut size) = (first, 1, 0);
        // Dropping the set ends what is in flight.
        let (mut flying, mut sent) = (JoinSet::new(), Vec::new());
        while !part.is_empty() {
            if flying.len() == IN_FLIGHT {
                sent.extend(self.landed(&mut flying).await?);
            }
            size += part.len() as u64;
            let id = self.id.clone().unwrap_or_default();
            flying.spawn(self.target.clone().put_part(id, number, part));
            part = next_part(&mut bytes, &mut rest, PART * part_growth(number)).await?;
            number += 1;
        }
        while let Some(part) = self.landed(&mut flying).await? {
            sent.push(part);
        }
        sent.sort_by_key(CompletedPart::part_number);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(sent)).build();
        let Target { client, bucket, key, .. } = &self.target;
        let request = client.complete_multipart_upload().bucket(bucket).key(key);
        let done = request.set_upload_id(self.id.clone()).multipart_upload(parts).send().await;
        done.map_err(|error| self.target.during("finish an upload in parts").failed(error))?;
        Ok(size)
    }

    /// The next part that arrived, `None` if none is in flight.
    async fn landed(
        &self,
        flying: &mut JoinSet<Result<CompletedPart>>,
    ) -> Result<Option<CompletedPart>> {
        match flying.join_next().await {
            None => Ok(None),
            Some(Ok(part)) => part.map(Some),
            Some(Err(error)) => Err(self.target.during("upload a part of it").interrupted(&error)),
        }
    }

    fn forget(mut self) {
        self.id = None;
    }

    async fn abort(mut self) {
        let Target { client, bucket, key, .. } = &self.target;
        let request = client.abort_multipart_upload().bucket(bucket).key(key);
        // Why the upload failed is worth more than why giving it up did; a sweep finds what is left.
        let _ = request.set_upload_id(self.id.clone()).send().await;
        self.id = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let Target { client, bucket, key, .. } = &self.target;
        let request = client.abort_multipart_upload().bucket(bucket).key(key).upload_id(id);
        runtime.spawn(async move { request.send().await });
    }
}

fn part_growth(number: i32) -> usize {
    1 + usize::try_from(number / PARTS_OF_A_SIZE).unwrap_or(0)
}
