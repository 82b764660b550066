//! MLflow's error codes and what HTTP status each one has: the one place that knows.

use serde::{Deserialize, Serialize};

/// The result of answering a request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($variant:ident $text:literal $status:literal,)*) => {
        /// A code of MLflow's. Clients decide by it, and retry by its status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the codes are MLflow's, and documented there")]
        pub enum ErrorCode { $(#[serde(rename = $text)] $variant),* }

        impl ErrorCode {
            /// Its name on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Its HTTP status.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// The code of that name; a name that is not known here is an internal error.
            #[must_use]
            pub fn of_name(name: &str) -> Self {
                match name { $($text => Self::$variant,)* _ => Self::InternalError }
            }
        }
    };
}

codes! {
    InternalError "INTERNAL_ERROR" 500,
    TemporarilyUnavailable "TEMPORARILY_UNAVAILABLE" 503,
    BadRequest "BAD_REQUEST" 400,
    InvalidParameterValue "INVALID_PARAMETER_VALUE" 400,
    EndpointNotFound "ENDPOINT_NOT_FOUND" 404,
    InvalidState "INVALID_STATE" 500,
    PermissionDenied "PERMISSION_DENIED" 403,
    Unauthenticated "UNAUTHENTICATED" 401,
    ResourceAlreadyExists "RESOURCE_ALREADY_EXISTS" 400,
    ResourceDoesNotExist "RESOURCE_DOES_NOT_EXIST" 404,
    ResourceConflict "RESOURCE_CONFLICT" 409,
    RequestLimitExceeded "REQUEST_LIMIT_EXCEEDED" 429,
    NotImplemented "NOT_IMPLEMENTED" 501,
    NotFound "NOT_FOUND" 404,
    DataLoss "DATA_LOSS" 500,
    DeadlineExceeded "DEADLINE_EXCEEDED" 504,
}

/// A refusal, as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct Error {
    /// MLflow's code.
    pub code: ErrorCode,
    /// What is wrong, for people.
    pub message: String,
}

impl Error {
    /// An error of that code.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The request is wrong.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParameterValue, message)
    }

    /// What the request names does not exist.
    #[must_use]
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ResourceDoesNotExist, message)
    }

    /// What the request makes is there already.
    #[must_use]
    pub fn exists(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ResourceAlreadyExists, message)
    }

    /// Not the caller's fault.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InternalError, message)
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self.code.status(), 408 | 429 | 500 | 502 | 503 | 504)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_of_the_caller_is_never_retried() {
        assert!(!Error::invalid("x").retryable());
        assert!(!Error::missing("x").retryable());
        assert!(Error::new(ErrorCode::TemporarilyUnavailable, "x").retryable());
    }

    #[test]
    fn codes_read_back() {
        for code in [ErrorCode::BadRequest, ErrorCode::DataLoss, ErrorCode::EndpointNotFound] {
            assert_eq!(ErrorCode::of_name(code.as_str()), code);
        }
        assert_eq!(ErrorCode::of_name("NEWER_THAN_US"), ErrorCode::InternalError);
    }
}
