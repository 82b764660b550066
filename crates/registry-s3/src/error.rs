//! The SDK's errors in the registry's words: bucket, key, what was being done, and what to do about it.

use std::fmt::Write as _;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use gauntlet_registry::RegistryError;

/// What was being done when it failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct During<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) operation: &'static str,
}

impl During<'_> {
    /// The error for a failure of the SDK.
    pub(crate) fn failed<E>(&self, error: SdkError<E, HttpResponse>) -> RegistryError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().map(str::to_owned);
        let problem = match (&code, status) {
            (Some(code), _) => match error.message() {
                Some(message) => format!("{code}: {message}"),
                None => code.clone(),
            },
            (None, Some(status)) => format!("the store answered with status {status}"),
            (None, None) => chain(&error),
        };
        let (transient, remedy) = remedy(self.bucket, code.as_deref(), status);
        self.error(problem, transient, remedy)
    }

    /// The error for bytes that stopped coming.
    pub(crate) fn interrupted(&self, error: &(dyn std::error::Error + 'static)) -> RegistryError {
        self.error(chain(error), true, UNREACHABLE.to_owned())
    }

    pub(crate) fn error(&self, problem: String, transient: bool, remedy: String) -> RegistryError {
        RegistryError::Bucket {
            bucket: self.bucket.to_owned(),
            key: self.key.to_owned(),
            operation: self.operation,
            problem,
            remedy,
            transient,
        }
    }
}

/// Whether the store says that there is no such key.
pub(crate) fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error.code() {
        Some(code) => matches!(code, "NoSuchKey" | "NotFound"),
        None => error.raw_response().is_some_and(|response| response.status().as_u16() == 404),
    }
}

const UNREACHABLE: &str = "see that MLFLOW_S3_ENDPOINT_URL is right and the store can be reached, then try again; \
                           nothing of an unfinished upload is visible";

/// Whether the same may succeed later, and what to do.
fn remedy(bucket: &str, code: Option<&str>, status: Option<u16>) -> (bool, String) {
    let text = match (code.unwrap_or_default(), status) {
        ("NoSuchBucket", _) => {
            format!("create the bucket, or name one that exists instead of `{bucket}`")
        }
        ("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "NotSignedUp", _) => {
            "see that AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are those of this store".to_owned()
        }
        ("ExpiredToken" | "InvalidToken", _) => {
            "get new temporary credentials: AWS_SESSION_TOKEN is not valid any more".to_owned()
        }
        ("RequestTimeTooSkewed", _) => "set this machine's clock".to_owned(),
        ("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException", _)
        | (_, Some(301 | 307)) => "set AWS_REGION to the bucket's region".to_owned(),
        (_, Some(401 | 403)) => {
            "see that AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are right, and that they may read, write and list \
             this bucket"
                .to_owned()
        }
        ("NotImplemented" | "XAmzContentChecksumMismatch" | "MissingContentLength", _) => {
            "the store lacks something: try AWS_REQUEST_CHECKSUM_CALCULATION=when_required".to_owned()
        }
        ("SlowDown" | "RequestTimeout" | "InternalError" | "ServiceUnavailable", _)
        | (_, Some(408 | 429 | 500..=599)) => {
            let text = "the store is overloaded or restarting: try again later; nothing of an unfinished upload is \
                        visible";
            return (true, text.to_owned());
        }
        (_, None) => return (true, UNREACHABLE.to_owned()),
        (_, Some(_)) => "see the store's own log for this request".to_owned(),
    };
    (false, text)
}

/// An error with its causes; the SDK's first sentence alone says little.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.ends_with(&words) {
            let _ = write!(text, ": {words}");
        }
        cause = error.source();
    }
    text
}
