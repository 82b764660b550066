//! What a store says when it does not hand out what was asked for.

use reqwest::StatusCode;

use super::Location;
use crate::{Kind, RegistryError};

/// The error for an answer that is no success.
pub(super) fn refusal(
    root: &Location,
    key: &str,
    operation: &'static str,
    status: StatusCode,
    body: &str,
) -> RegistryError {
    let code = tag(body, "Code");
    if status == StatusCode::NOT_FOUND && matches!(code, None | Some("NoSuchKey" | "NotFound")) {
        return RegistryError::FileNotFound { path: format!("s3://{}/{key}", root.bucket()) };
    }
    let code = code.map_or_else(|| format!("status {}", status.as_u16()), str::to_owned);
    let problem = match tag(body, "Message") {
        Some(message) => format!("{code}: {message}"),
        None => code.clone(),
    };
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return RegistryError::Remote {
            url: format!("s3://{}/{key}", root.bucket()),
            operation: operation.to_owned(),
            code,
            message: format!("{problem}; {}", credentials(&code_of(body))),
            kind: Kind::Refused,
        };
    }
    let transient = matches!(status.as_u16(), 408 | 429 | 500..=599);
    let remedy = match code.as_str() {
        "NoSuchBucket" => format!("name a bucket that exists instead of `{}`", root.bucket()),
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => REGION.to_owned(),
        _ if status.is_redirection() => REGION.to_owned(),
        _ if transient => "the store is overloaded or restarting".to_owned(),
        _ => "see the store's own log for this request".to_owned(),
    };
    bucket_error(root, key, operation, problem, remedy, transient)
}

const REGION: &str = "set AWS_REGION to the bucket's region";

fn credentials(code: &str) -> &'static str {
    match code {
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
            "see that AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are those of this store"
        }
        "ExpiredToken" | "InvalidToken" => {
            "get new temporary credentials: AWS_SESSION_TOKEN is not valid any more"
        }
        "RequestTimeTooSkewed" => "set this machine's clock",
        _ => {
            "see that AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set, and that they may read and list this bucket"
        }
    }
}

fn code_of(body: &str) -> String {
    tag(body, "Code").unwrap_or_default().to_owned()
}

/// The text of the first element of that name: an error has no others, and a page of a proxy has none.
fn tag<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    (text.len() <= 300 && !text.chars().any(char::is_control)).then_some(text)
}

pub(super) fn bucket_error(
    root: &Location,
    key: &str,
    operation: &'static str,
    problem: String,
    remedy: String,
    transient: bool,
) -> RegistryError {
    RegistryError::Bucket {
        bucket: root.bucket().to_owned(),
        key: key.to_owned(),
        operation,
        problem,
        remedy,
        transient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> RegistryError {
        let root = "s3://models/lab".parse().unwrap();
        refusal(&root, "lab/x", "read it", StatusCode::from_u16(status).unwrap(), body)
    }

    #[test]
    fn an_answer_becomes_the_error_that_says_what_to_do() {
        let error = |code: &str| format!("<?xml?><Error><Code>{code}</Code></Error>");
        assert!(matches!(refused(404, &error("NoSuchKey")), RegistryError::FileNotFound { .. }));
        for (status, code, kind, words) in [
            (404, "NoSuchBucket", Kind::Storage, "name a bucket"),
            (403, "SignatureDoesNotMatch", Kind::Refused, "AWS_SECRET_ACCESS_KEY"),
            (403, "ExpiredToken", Kind::Refused, "AWS_SESSION_TOKEN"),
            (403, "RequestTimeTooSkewed", Kind::Refused, "clock"),
            (301, "PermanentRedirect", Kind::Storage, "AWS_REGION"),
            (503, "SlowDown", Kind::Busy, "overloaded"),
        ] {
            let found = refused(status, &error(code));
            assert_eq!(found.kind(), kind, "{code}");
            assert!(found.to_string().contains(words), "{found}");
        }
    }

    #[test]
    fn a_page_that_is_no_error_message_is_not_shown() {
        let found = refused(502, "<html>\nproxy</html>").to_string();
        assert!(found.contains("status 502") && !found.contains("html"), "{found}");
        let found = refused(500, &format!("<Code>{}</Code>", "x".repeat(1000))).to_string();
        assert!(found.len() < 300, "{found}");
    }
}
