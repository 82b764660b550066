//! Moves bytes from an address into a part, going on where an earlier attempt stopped.

use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, HeaderMap, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, Url};

use crate::Options;
use crate::address::shown;
use crate::credentials::Auth;
use crate::error::FetchError;
use crate::part::Part;
use crate::progress::Progress;

/// How an attempt ended that did not succeed.
enum Failure {
    /// Trying again cannot help.
    Final(FetchError),
    /// Trying again may help.
    Passing(String),
}

impl<E: Into<FetchError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Final(error.into())
    }
}

/// Fills `part` with everything at `url`. A `size` that is known bounds what is taken.
///
/// # Errors
/// No connection, a status that refuses, failures until the attempts are used up, or more bytes than `size`.
pub(crate) async fn run(
    client: &Client,
    url: &Url,
    auth: Option<&Auth>,
    part: &mut Part,
    size: Option<u64>,
    options: &Options,
) -> Result<(), FetchError> {
    let attempts = options.attempts.max(1);
    let mut pause = options.backoff;
    for attempt in 1.. {
        match once(client, url, auth, part, size, options).await {
            Ok(()) => break,
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Passing(problem)) if attempt >= attempts => {
                return Err(FetchError::GaveUp { url: shown(url), attempts, problem });
            }
            Err(Failure::Passing(_)) => {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2);
            }
        }
    }
    Ok(())
}

async fn once(
    client: &Client,
    url: &Url,
    auth: Option<&Auth>,
    part: &mut Part,
    size: Option<u64>,
    options: &Options,
) -> Result<(), Failure> {
    if size.is_some_and(|size| part.len() > size) {
        part.restart(&HeaderMap::new())?;
    }
    if size.is_some_and(|size| part.len() == size && size > 0) {
        return Ok(());
    }
    // Bytes as they are: a compressed answer would neither resume nor fit its size.
    let mut request = client.get(url.clone()).header(ACCEPT_ENCODING, "identity");
    if let Some(auth) = auth {
        request = auth.apply(request);
    }
    if let Some((from, validator)) = part.resume() {
        request = request.header(RANGE, format!("bytes={from}-")).header(IF_RANGE, validator);
    }
    let response = request.send().await.map_err(|error| unanswered(url, error))?;
    match response.status() {
        StatusCode::OK => part.restart(response.headers())?,
        StatusCode::PARTIAL_CONTENT => {
            if starts_at(response.headers()) != Some(part.len()) {
                part.restart(&HeaderMap::new())?;
                return Err(Failure::Passing("the server sent another range".to_owned()));
            }
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            if part.len() > 0 && complete_length(response.headers()) == Some(part.len()) {
                return Ok(());
            }
            part.restart(&HeaderMap::new())?;
            return Err(Failure::Passing("the server has no such range".to_owned()));
        }
        status if may_pass(status) => {
            return Err(Failure::Passing(format!("status {}", status.as_u16())));
        }
        status => {
            let status = status.as_u16();
            return Err(Failure::Final(FetchError::Status { url: shown(url), status }));
        }
    }
    receive(response, part, size, options).await
}

/// Takes the body into the part.
async fn receive(
    mut response: Response,
    part: &mut Part,
    size: Option<u64>,
    options: &Options,
) -> Result<(), Failure> {
    let announced = response.content_length().map(|rest| part.len() + rest);
    let total = size.or(announced);
    let file = part.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let tell = |done| options.watcher.tell(Progress { file: &file, done, total });
    tell(part.len());
    while let Some(piece) =
        response.chunk().await.map_err(|error| Failure::Passing(reason(&error)))?
    {
        let found = part.len() + piece.len() as u64;
        if let Some(expected) = size.filter(|size| found > *size) {
            let path = part.path().with_extension("");
            return Err(Failure::Final(FetchError::Size { path, found, expected }));
        }
        part.push(&piece)?;
        tell(part.len());
    }
    // Without an announced length an end may be a break; with one, the server has fewer bytes than published.
    match size {
        Some(size) if part.len() < size && announced.is_none() => {
            Err(Failure::Passing(format!("{} of {size} bytes arrived", part.len())))
        }
        _ => Ok(()),
    }
}

/// What a request without an answer means.
fn unanswered(url: &Url, error: reqwest::Error) -> Failure {
    if error.is_connect() || error.is_redirect() || error.is_builder() {
        Failure::Final(FetchError::Connect { url: shown(url), problem: reason(&error) })
    } else {
        Failure::Passing(reason(&error))
    }
}

/// The innermost cause: the outer ones repeat the address, which may hold a secret.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "no reason given".to_owned(), ToString::to_string)
}

fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
}

/// The first byte in `Content-Range: bytes 5-9/10`.
fn starts_at(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

/// The whole length in `Content-Range: bytes */10`.
fn complete_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes */")?.trim().parse().ok()
}
