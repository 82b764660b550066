//! From an HTTP request to a message, with MLflow's leniency and MLflow's complaints.

pub(crate) mod checks;
pub(crate) mod dict;
pub(crate) mod json;
pub(crate) mod query;
pub(crate) mod served;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use gauntlet_mlflow::{Error, ErrorCode, Field, FieldKind, Label, Result};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::checks::Rule;
use self::query::Query;

/// How long a body that is read as a whole may take.
const BODY_WAIT: Duration = Duration::from_secs(60);

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// It is longer, slower, or broke off.
pub(crate) async fn whole(body: Body, limit: usize) -> Result<Bytes> {
    let read = Limited::new(body, limit).collect();
    match tokio::time::timeout(BODY_WAIT, read).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(error)) => {
            Err(Error::new(ErrorCode::BadRequest, format!("The request body broke off: {error}")))
        }
        Err(_) => Err(Error::new(ErrorCode::BadRequest, "The request body took too long.")),
    }
}

fn too_large(limit: usize) -> Error {
    Error::new(ErrorCode::BadRequest, format!("The request body is larger than {limit} bytes."))
}

/// The parameters of a request as they were given: from the query of a `GET` that has one, else from the body.
///
/// # Errors
/// A body without the media type of JSON, or a truth value in the query that is none.
pub(crate) fn parameters(
    parts: &Parts,
    body: &[u8],
    fields: &'static [Field],
) -> Result<Map<String, Value>> {
    let query = Query::parse(parts.uri.query());
    if matches!(parts.method, Method::GET | Method::HEAD) && !query.is_empty() {
        return from_query(&query, fields);
    }
    require_json(parts)?;
    match json::parse(body) {
        Some(Value::Object(map)) => Ok(map),
        _ => Ok(Map::new()),
    }
}

fn from_query(query: &Query, fields: &'static [Field]) -> Result<Map<String, Value>> {
    let mut given = Map::new();
    for field in fields {
        let Some(first) = query.get(field.name) else { continue };
        let value = if field.label == Label::Repeated {
            query.all(field.name).map(Value::from).collect()
        } else if matches!(field.kind, FieldKind::Bool) {
            match first.to_lowercase().as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => {
                    let message =
                        format!("Invalid boolean value: {first}, must be 'true' or 'false'.");
                    return Err(Error::invalid(message));
                }
            }
        } else {
            Value::from(first)
        };
        given.insert(field.name.to_owned(), value);
    }
    Ok(given)
}

/// Refuses a `POST` or `PUT` that does not say it is JSON: no form of a web page can say so.
///
/// # Errors
/// The header is missing or says something else.
pub(crate) fn require_json(parts: &Parts) -> Result<()> {
    if !matches!(parts.method, Method::POST | Method::PUT) {
        return Ok(());
    }
    json_type(&parts.headers)
}

/// Refuses a body that its header does not call JSON.
///
/// # Errors
/// The header is missing or says something else.
pub(crate) fn json_type(headers: &HeaderMap) -> Result<()> {
    let Some(given) = headers.get(header::CONTENT_TYPE) else {
        return Err(Error::invalid("Bad Request. Content-Type header is missing."));
    };
    let essence = given.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    if essence == "application/json" {
        return Ok(());
    }
    Err(Error::invalid("Bad Request. Content-Type must be one of ['application/json']."))
}

/// Checks parameters and reads them as a message, with what the path says in place of what they say.
///
/// # Errors
/// A parameter is missing or of another type, in MLflow's words.
pub(crate) fn message<M: DeserializeOwned>(
    given: Map<String, Value>,
    fields: &'static [Field],
    rules: &[Rule],
    path: impl IntoIterator<Item = (String, String)>,
) -> Result<M> {
    let given = Value::Object(given);
    dict::refuse_doubles(&given, fields)?;
    let Value::Object(given) = given else { return Err(Error::internal("no object")) };
    let (mut known, misfit) = dict::normalise(&given, fields);
    checks::check(&given, rules, misfit.is_none())?;
    if let Some(misfit) = misfit {
        let value = given.get(misfit.field).unwrap_or(&Value::Null);
        return Err(checks::misfit(misfit.field, value));
    }
    known.extend(path.into_iter().map(|(name, value)| (name, Value::from(value))));
    serde_json::from_value(Value::Object(known))
        .map_err(|error| Error::invalid(format!("The request could not be read: {error}")))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use gauntlet_mlflow::{
        GetRun, LogMetric, Message, SearchModelVersions, SearchRuns, TransitionModelVersionStage,
    };

    use super::served::Served;
    use super::*;

    fn read<E: Served>(method: &str, uri: &str, kind: Option<&str>, body: &str) -> Result<E> {
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let given = parameters(&parts, body.as_bytes(), E::FIELDS)?;
        message(given, E::FIELDS, E::RULES, [])
    }

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    #[test]
    fn a_query_gives_lists_as_repeated_names() {
        let uri = "/?filter=name%3D'a'&order_by=name&order_by=version&max_results=5&other=1";
        let search: SearchModelVersions = read("GET", uri, None, "").unwrap();
        assert_eq!(search.filter.as_deref(), Some("name='a'"));
        assert_eq!(search.order_by, ["name", "version"]);
        assert_eq!(search.max_results, Some(5));
    }

    #[test]
    fn a_get_without_a_query_is_read_from_its_body() {
        let run: GetRun = read("GET", "/", None, r#"{"run_id": "a"}"#).unwrap();
        assert_eq!(run.run_id.as_deref(), Some("a"));
        assert!(read::<GetRun>("GET", "/", None, "").is_err());
    }

    #[test]
    fn a_post_has_to_say_that_it_is_json_and_a_patch_need_not() {
        let message = |kind| read::<SearchRuns>("POST", "/", kind, "{}").unwrap_err().message;
        assert!(message(None).contains("header is missing"));
        assert!(message(Some("text/plain")).contains("must be one of ['application/json']"));
        assert!(read::<SearchRuns>("POST", "/", JSON, "{}").is_ok());
        assert!(read::<SearchRuns>("PATCH", "/", None, "{}").is_ok());
    }

    #[test]
    fn what_is_no_object_counts_as_no_parameters() {
        for body in ["", "{", "[]", "7", "\"{\""] {
            let error = read::<LogMetric>("POST", "/", JSON, body).unwrap_err();
            assert!(error.message.starts_with("Missing value for required parameter 'run_id'"));
        }
    }

    #[test]
    fn values_that_do_not_fit_are_named_even_where_no_rule_asks() {
        let body = r#"{"experiment_ids": [0]}"#;
        let error = read::<SearchRuns>("POST", "/", JSON, body).unwrap_err();
        assert!(error.message.starts_with("Invalid value [0] for parameter 'experiment_ids'"));
    }

    #[test]
    fn a_truth_value_in_a_query_is_true_or_false() {
        let rest = "name=a&version=1&stage=None&archive_existing_versions=";
        let read = |flag: &str| {
            read::<TransitionModelVersionStage>("GET", &format!("/?{rest}{flag}"), None, "")
        };
        assert_eq!(read("TRUE").unwrap().archive_existing_versions, Some(true));
        assert!(read("1").unwrap_err().message.starts_with("Invalid boolean value: 1"));
    }

    #[test]
    fn the_path_says_what_is_meant() {
        let mut given = Map::new();
        given.insert("run_id".to_owned(), Value::from("mine"));
        let path = [("run_id".to_owned(), "theirs".to_owned())];
        let run: GetRun = message(given, GetRun::FIELDS, GetRun::RULES, path).unwrap();
        assert_eq!(run.run_id.as_deref(), Some("theirs"));
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_refused() {
        let error = whole(Body::from(vec![b' '; 100]), 99).await.unwrap_err();
        assert!(error.message.contains("larger than 99 bytes"), "{error}");
        assert_eq!(whole(Body::from("x"), 1).await.unwrap().as_ref(), b"x");
    }
}
