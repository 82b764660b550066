//! Sending a request until it is answered or there is no point any more.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use gauntlet_mlflow::ErrorCode;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{
    Body, Certificate, Client, Method, RequestBuilder, Response, StatusCode, Url, header,
};
use serde::Deserialize;

use super::retry::{Outcome, again, wait};
use super::url::shown;
use super::{Auth, RestConfig};
use crate::{ByteStream, Kind, RegistryError, Result};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MOST_REDIRECTS: usize = 10;

/// What of a refusal is read.
const LONGEST_REFUSAL: usize = 64 << 10;

/// What of an answer that is no error message of MLflow's is shown.
const SHOWN_CHARS: usize = 200;

/// A connection to one server.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    client: Client,
    config: Arc<RestConfig>,
}

/// A call that can be made more than once.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) json: Option<Bytes>,
    pub(super) repeatable: bool,
}

impl Transport {
    pub(super) fn new(config: RestConfig) -> Result<Self> {
        // An error says that a provider was installed before, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("gauntlet/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(config.timeout))
            .read_timeout(config.timeout)
            .redirect(Policy::custom(follow))
            .referer(false)
            .tls_danger_accept_invalid_certs(config.insecure_tls);
        if let Some(path) = &config.ca_bundle {
            let invalid = |error: reqwest::Error| RegistryError::Invalid {
                field: "MLFLOW_TRACKING_SERVER_CERT_PATH",
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
            url: shown(&config.base),
            operation: "prepare connections".to_owned(),
            problem: chain(&error),
        })?;
        Ok(Self { client, config: Arc::new(config) })
    }

    pub(super) fn base(&self) -> &Url {
        &self.config.base
    }

    /// The server's address as it may be shown.
    pub(super) fn shown(&self) -> String {
        shown(&self.config.base).trim_end_matches('/').to_owned()
    }

    /// Makes the call until it succeeds, and returns the answer with its body still to come.
    pub(super) async fn open(&self, call: &Call) -> Result<Response> {
        let mut attempt = 0;
        loop {
            let (outcome, asked, error) = match self.request(call).send().await {
                Ok(answer) if answer.status() == StatusCode::OK => return Ok(answer),
                Ok(answer) => {
                    let (outcome, asked) =
                        (Outcome::Status(answer.status().as_u16()), retry_after(&answer));
                    (outcome, asked, self.refusal(&call.operation, answer).await)
                }
                Err(error) if error.is_connect() => {
                    (Outcome::NotConnected, None, self.unreachable(&call.operation, &error))
                }
                Err(error) => (Outcome::Broken, None, self.unreachable(&call.operation, &error)),
            };
            if attempt >= self.config.retries || !again(outcome, call.repeatable) {
                return Err(error);
            }
            tokio::time::sleep(wait(attempt, asked)).await;
            attempt += 1;
        }
    }

    /// Makes the call until it succeeds, and reads the whole answer.
    pub(super) async fn call(&self, call: &Call) -> Result<Bytes> {
        let mut attempt = 0;
        loop {
            let mut bytes = Vec::new();
            let mut body = self.open(call).await?.bytes_stream();
            let broken = loop {
                match body.next().await {
                    None => return Ok(bytes.into()),
                    Some(Ok(chunk)) if bytes.len() + chunk.len() > self.config.longest_answer => {
                        return Err(self.unreadable(&call.operation, "its answer is too long"));
                    }
                    Some(Ok(chunk)) => bytes.extend_from_slice(&chunk),
                    Some(Err(error)) => break error,
                }
            };
            if attempt >= self.config.retries || !call.repeatable {
                return Err(self.unreachable(&call.operation, &broken));
            }
            tokio::time::sleep(wait(attempt, None)).await;
            attempt += 1;
        }
    }

    /// Sends bytes once; they cannot be had a second time.
    pub(super) async fn upload(&self, operation: &str, url: Url, bytes: ByteStream) -> Result<()> {
        let request = self.authorised(self.client.put(url)).body(Body::wrap_stream(bytes));
        self.sent(operation, request).await.map(|_| ())
    }

    /// Sends bytes once to an address that carries its own permission, and returns the store's tag of them.
    pub(super) async fn upload_signed(
        &self,
        operation: &str,
        url: Url,
        bytes: Bytes,
    ) -> Result<String> {
        let mut attempt = 0;
        loop {
            let request = self.client.put(url.clone()).body(bytes.clone());
            match self.sent(operation, request).await {
                Ok(answer) => {
                    let tag = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
                    return Ok(tag.unwrap_or_default().to_owned());
                }
                Err(error) if error.retryable() && attempt < self.config.retries => {
                    tokio::time::sleep(wait(attempt, None)).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Downloads from an address that carries its own permission.
    pub(super) async fn download_signed(&self, operation: &str, url: Url) -> Result<Response> {
        self.sent(operation, self.client.get(url)).await
    }

    async fn sent(&self, operation: &str, request: RequestBuilder) -> Result<Response> {
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(answer),
            Ok(answer) => Err(self.refusal(operation, answer).await),
            Err(error) => Err(self.unreachable(operation, &error)),
        }
    }

    fn request(&self, call: &Call) -> RequestBuilder {
        let request = self.authorised(self.client.request(call.method.clone(), call.url.clone()));
        match &call.json {
            Some(json) => {
                request.header(header::CONTENT_TYPE, "application/json").body(json.clone())
            }
            None => request,
        }
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.config.auth {
            Auth::Nobody => request,
            Auth::Basic { user, password } => request.basic_auth(user, Some(password)),
            Auth::Bearer(token) => request.bearer_auth(token),
        }
    }

    /// What an answer that is no success says.
    async fn refusal(&self, operation: &str, answer: Response) -> RegistryError {
        #[derive(Deserialize)]
        struct Words {
            error_code: String,
            #[serde(default)]
            message: String,
        }
        let status = answer.status();
        let text = beginning(answer, LONGEST_REFUSAL).await;
        let (code, message) = match serde_json::from_str::<Words>(&text) {
            Ok(words) => (words.error_code, words.message),
            Err(_) => {
                let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let shown = text.chars().take(SHOWN_CHARS).collect();
                (of_status(status).to_owned(), shown)
            }
        };
        let kind = kind(&code, status);
        RegistryError::Remote {
            url: self.shown(),
            operation: operation.to_owned(),
            code,
            message,
            kind,
        }
    }

    pub(super) fn unreachable(&self, operation: &str, error: &reqwest::Error) -> RegistryError {
        self.unreadable(operation, &chain(error))
    }

    pub(super) fn unreadable(&self, operation: &str, problem: &str) -> RegistryError {
        RegistryError::Unreachable {
            url: self.shown(),
            operation: operation.to_owned(),
            problem: problem.to_owned(),
        }
    }
}

/// The first bytes of an answer as text; what breaks off or is longer is not missed.
pub(crate) async fn beginning(answer: Response, longest: usize) -> String {
    let (mut bytes, mut body) = (Vec::new(), answer.bytes_stream());
    while let Some(Ok(chunk)) = body.next().await {
        bytes.extend_from_slice(&chunk[..chunk.len().min(longest - bytes.len())]);
        if bytes.len() == longest {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Follows a few redirects, but never from https to http.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_secure = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if was_secure && attempt.url().scheme() != "https" {
        attempt.error("a redirect from https to http")
    } else if attempt.previous().len() > MOST_REDIRECTS {
        attempt.error("too many redirects")
    } else {
        attempt.follow()
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let value = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// The code of an answer that names none.
fn of_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "ENDPOINT_NOT_FOUND",
        409 => "RESOURCE_CONFLICT",
        429 => "REQUEST_LIMIT_EXCEEDED",
        501 => "NOT_IMPLEMENTED",
        502 | 503 => "TEMPORARILY_UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        400..=499 => "BAD_REQUEST",
        _ => "INTERNAL_ERROR",
    }
}

/// The family that a code of MLflow's belongs to.
fn kind(code: &str, status: StatusCode) -> Kind {
    if matches!(code, "ALREADY_EXISTS") {
        return Kind::AlreadyExists;
    }
    match ErrorCode::of_name(code) {
        ErrorCode::ResourceDoesNotExist | ErrorCode::NotFound | ErrorCode::EndpointNotFound => {
            Kind::NotFound
        }
        ErrorCode::ResourceAlreadyExists => Kind::AlreadyExists,
        ErrorCode::ResourceConflict => Kind::Conflict,
        ErrorCode::PermissionDenied | ErrorCode::Unauthenticated => Kind::Refused,
        ErrorCode::BadRequest | ErrorCode::InvalidParameterValue => Kind::Invalid,
        ErrorCode::NotImplemented => Kind::Unsupported,
        ErrorCode::DataLoss => Kind::Damaged,
        ErrorCode::TemporarilyUnavailable
        | ErrorCode::RequestLimitExceeded
        | ErrorCode::DeadlineExceeded => Kind::Busy,
        _ if matches!(status.as_u16(), 408 | 429 | 502..=504) => Kind::Busy,
        _ => Kind::Storage,
    }
}

/// An error with its causes and without its address, whose query may hold a signature.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let mut text = match error {
        error if error.is_timeout() => "no answer in time".to_owned(),
        error if error.is_connect() => "no connection".to_owned(),
        error if error.is_redirect() => "a redirect that is not followed".to_owned(),
        error if error.is_body() || error.is_decode() => "the connection broke".to_owned(),
        _ => "the request failed".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}
