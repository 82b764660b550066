//! Artefacts: listing them, and uploads and downloads that go past the server.

use super::KeyValue;
use crate::macros::{endpoints, messages};

messages! {
    /// A file or folder.
    FileInfo { path: optional String, is_dir: optional bool, file_size: optional i64 }
    /// Lists a run's artefacts.
    ListArtifacts {
        run_id: optional String,
        run_uuid: optional String,
        path: optional String,
        page_token: optional String,
    }
    /// Those artefacts, paths relative to the run's root.
    ListArtifactsAnswer {
        root_uri: optional String,
        files: repeated FileInfo,
        next_page_token: optional String,
    }

    /// Asks for an address to upload to.
    CreatePresignedUploadUrl {
        run_id: optional String,
        path: optional String,
        expiration: optional i64,
        model_id: optional String,
    }
    /// That address.
    CreatePresignedUploadUrlAnswer { presigned_url: optional String, headers: repeated KeyValue }
    /// Asks for an address to download from.
    CreatePresignedDownloadUrl { run_id: optional String, path: optional String, expiration: optional i64 }
    /// That address.
    CreatePresignedDownloadUrlAnswer {
        presigned_url: optional String,
        headers: repeated KeyValue,
        file_size: optional i64,
    }

    /// Begins an upload in parts.
    CreateMultipartUpload { path: optional String, num_parts: optional i64 }
    /// Where one part goes.
    MultipartUploadCredential { url: optional String, part_number: optional i64, headers: repeated KeyValue }
    /// Where the parts go.
    CreateMultipartUploadAnswer {
        upload_id: optional String,
        credentials: repeated MultipartUploadCredential,
    }
    /// A part that was uploaded.
    MultipartUploadPart { part_number: optional i64, etag: optional String, url: optional String }
    /// Ends an upload in parts.
    CompleteMultipartUpload {
        path: optional String,
        upload_id: optional String,
        parts: repeated MultipartUploadPart,
    }
    /// Gives an upload in parts up.
    AbortMultipartUpload { path: optional String, upload_id: optional String }
    /// Where a proxied artefact can be downloaded from directly.
    PresignedDownloadAnswer {
        url: optional String,
        headers: repeated KeyValue,
        file_size: optional i64,
    }
}

endpoints! {
    ListArtifacts Get "/2.0/mlflow/artifacts/list" => ListArtifactsAnswer;
    CreatePresignedUploadUrl Post "/2.0/mlflow/artifacts/presigned-upload-url"
        => CreatePresignedUploadUrlAnswer;
    CreatePresignedDownloadUrl Post "/2.0/mlflow/artifacts/presigned-download-url"
        => CreatePresignedDownloadUrlAnswer;
}
