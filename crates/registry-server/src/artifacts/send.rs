//! A file as an answer: always to be saved, never to be shown.
//!
//! An artefact is whatever somebody uploaded. Nothing a browser might run in the name of this server is ever sent
//! inline: the disposition is `attachment`, the type is not guessed again, and a sandbox forbids the rest.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use gauntlet_mlflow::{Error, ErrorCode};
use gauntlet_registry::{FileStore, RegistryError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::mime;
use crate::answer::Answer;

/// What may stand unescaped in `filename*`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Answers with a file, or the part of it that `Range` asks for.
pub(crate) async fn file(store: &dyn FileStore, path: &str, headers: &HeaderMap) -> Answer {
    let missing = || Error::missing(format!("No such artifact: '{path}'"));
    if path.is_empty() {
        return Err(is_folder(path).into());
    }
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some(range) = range else {
        return match store.get(path).await {
            Ok(download) => Ok(response(path, download.size, Body::from_stream(download.bytes))),
            Err(RegistryError::FileNotFound { .. }) if !store.list(path).await?.is_empty() => {
                Err(is_folder(path).into())
            }
            Err(RegistryError::FileNotFound { .. }) => Err(missing().into()),
            Err(error) => Err(error.into()),
        };
    };
    let size = store.size(path).await?.ok_or_else(missing)?;
    match wanted(range, size) {
        Range::Whole => {
            let download = store.get(path).await?;
            Ok(response(path, download.size, Body::from_stream(download.bytes)))
        }
        Range::Unsatisfiable => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            Ok(response)
        }
        Range::Part(from, to) => {
            let download = store.get_from(path, from).await?;
            let length = to - from + 1;
            let body = Body::from_stream(super::limit::first(download.bytes, length));
            let mut response = response(path, length, body);
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(&mut response, header::CONTENT_RANGE, &format!("bytes {from}-{to}/{size}"));
            Ok(response)
        }
    }
}

fn is_folder(path: &str) -> Error {
    let message = format!("Artifact path refers to a directory, not a file: '{path}'");
    Error::new(ErrorCode::InvalidParameterValue, message)
}

fn response(path: &str, length: u64, body: Body) -> Response {
    let mut response = Response::new(body);
    let name = path.rsplit('/').next().unwrap_or(path);
    set(&mut response, header::CONTENT_TYPE, mime::of(path));
    set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    set(&mut response, header::CONTENT_DISPOSITION, &disposition(name));
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
    response
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The header that makes a browser save a file under its name. No name can end the header or begin another.
fn disposition(name: &str) -> String {
    let ascii: String = name.chars().filter(|c| matches!(c, ' '..='~')).collect();
    let shown = if ascii.is_empty() { "download" } else { ascii.as_str() };
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let quoted = if shown.chars().all(token) {
        shown.to_owned()
    } else {
        format!("\"{}\"", shown.replace('\\', "\\\\").replace('"', "\\\""))
    };
    if name.is_ascii() {
        return format!("attachment; filename={quoted}");
    }
    format!("attachment; filename={quoted}; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN))
}

#[derive(Debug, PartialEq)]
enum Range {
    Whole,
    Part(u64, u64),
    Unsatisfiable,
}

/// What a `Range` header asks of a file. More than one range, or what is none, is answered with the whole file.
fn wanted(range: &str, size: u64) -> Range {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|r| r.trim().split_once('-'))
    else {
        return Range::Whole;
    };
    let last = size.saturating_sub(1);
    let (from, to) = match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => (from, to.min(last)),
        (Ok(from), Err(_)) if to.trim().is_empty() => (from, last),
        (Err(_), Ok(0)) if from.trim().is_empty() => return Range::Unsatisfiable,
        (Err(_), Ok(count)) if from.trim().is_empty() => (size.saturating_sub(count), last),
        _ => return Range::Whole,
    };
    if from < size { Range::Part(from, to) } else { Range::Unsatisfiable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(disposition("a.txt"), "attachment; filename=a.txt");
        assert_eq!(disposition("a b\".txt"), "attachment; filename=\"a b\\\".txt\"");
        assert_eq!(
            disposition("ü é.html"),
            "attachment; filename=\" .html\"; filename*=UTF-8''%C3%BC%20%C3%A9.html"
        );
        assert_eq!(
            disposition("日本"),
            "attachment; filename=download; filename*=UTF-8''%E6%97%A5%E6%9C%AC"
        );
        for name in ["a\r\nSet-Cookie: x", "a; filename=b", "a\u{2028}b"] {
            let header = HeaderValue::from_str(&disposition(name)).unwrap();
            assert!(!header.to_str().unwrap().contains(['\r', '\n']), "{name:?}");
        }
    }

    #[test]
    fn one_range_is_answered_and_nonsense_is_not_minded() {
        for (range, expected) in [
            ("bytes=1-2", Range::Part(1, 2)),
            ("bytes=3-", Range::Part(3, 4)),
            ("bytes=0-99", Range::Part(0, 4)),
            ("bytes=-2", Range::Part(3, 4)),
            ("bytes=-99", Range::Part(0, 4)),
            ("bytes=5-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=2-1", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("lines=1-2", Range::Whole),
            ("bytes=", Range::Whole),
        ] {
            assert_eq!(wanted(range, 5), expected, "{range}");
        }
        assert_eq!(wanted("bytes=0-", 0), Range::Unsatisfiable);
    }
}
