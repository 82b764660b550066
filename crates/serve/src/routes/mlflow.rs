//! MLflow's scoring protocol.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use gauntlet_core::FieldKind;
use serde::Serialize;
use serde::ser::Serializer;

use super::{RequestId, respond};
use crate::app::{App, Asking};
use crate::live::Slot;
use crate::model::Output;
use crate::problem::Problem;
use crate::read::{Asked, Format, Payload, Table, invocation};

/// The release of MLflow whose protocol this is.
const PROTOCOL: &str = "3.17.2";

pub(super) async fn ping(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    app.check_ready()?;
    Ok("\n")
}

pub(super) async fn version() -> &'static str {
    PROTOCOL
}

pub(super) async fn invocations(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let format = format(&parts.headers)?;
    let slot = asked(&app, &query)?;
    let bytes = app.read(&parts.headers, body).await?;
    let served = slot.pick(&id.0);
    let is_text = |name: &str| {
        let field = served.model.fields().iter().find(|field| field.name == name);
        field.is_some_and(|field| field.kind != FieldKind::Number)
    };
    let table = match invocation(&bytes, format, is_text)? {
        Payload::Table(table) => table,
        Payload::Tensors(tensors) if served.model.fields().is_empty() => {
            let outputs = served.answer_tensors(tensors)?;
            let rows = outputs.first().map_or(0, Output::rows);
            let answer = Answer { predictions: Tensors(&outputs) };
            return Ok(respond::by(&served, rows, respond::json(&answer)?));
        }
        Payload::Tensors(tensors) => Table::of_columns(tensors)?,
    };
    let rows = table.fit(served.model.fields(), served.model.policy())?;
    let answered = app.answer(&slot, &served, &rows, &Asking { id: &id.0, sensor: None })?;
    let outputs = answered.into_outputs();
    let answer = Answer { predictions: Records(&outputs) };
    Ok(respond::by(&served, rows.rows, respond::json(&answer)?))
}

/// The place that the query names, as in `?model=NAME&version=3`, or the default.
fn asked(app: &App, query: &BTreeMap<String, String>) -> Result<Arc<Slot>, Problem> {
    if let Some(key) = query.keys().find(|key| !matches!(key.as_str(), "model" | "version")) {
        let detail = format!("query parameter `{key}` is not known; `model` and `version` are");
        return Err(Problem::unprocessable(detail));
    }
    let version = match query.get("version") {
        Some(version) => version.parse().map_err(Problem::unprocessable)?,
        None => Asked::Auto,
    };
    match query.get("model") {
        Some(model) => app.models.find(model, version),
        None => app.models.default(),
    }
}

/// How the body is written, by its content type.
fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = text.unwrap_or("application/json").split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let refuse = |detail: String| Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    if let Some(other) = parts.find(|part| !part.is_empty() && !is_utf8(part)) {
        return refuse(format!("send UTF-8 without other parameters, not `{other}`"));
    }
    match essence.to_ascii_lowercase().as_str() {
        "application/json" => Ok(Format::Json),
        "text/csv" => Ok(Format::Csv),
        _ => refuse(format!("send application/json or text/csv, not `{essence}`")),
    }
}

fn is_utf8(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let value = value.trim_matches('"');
    name.eq_ignore_ascii_case("charset")
        && (value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8"))
}

#[derive(Debug, Serialize)]
struct Answer<T> {
    predictions: T,
}

/// Outputs as pandas writes a table: an object a row.
#[derive(Debug)]
struct Records<'a>(&'a [Output]);

/// Row `at` of outputs.
struct Record<'a>(&'a [Output], usize);

/// Outputs of a model that takes tensors: each by name, row by row.
#[derive(Debug)]
struct Tensors<'a>(&'a [Output]);

/// The rows of one output.
struct Rows<'a>(&'a Output);

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.first().map_or(0, Output::rows);
        serializer.collect_seq((0..rows).map(|row| Record(self.0, row)))
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|output| (&output.name, output.row(self.1))))
    }
}

impl Serialize for Tensors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|output| (&output.name, Rows(output))))
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0.rows()).map(|row| self.0.row(row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_and_csv_in_utf8_are_read() {
        let format = |text: &str| {
            let value = text.parse().unwrap();
            format(&HeaderMap::from_iter([(header::CONTENT_TYPE, value)])).map_err(|p| p.status())
        };
        assert_eq!(format("application/json; charset=UTF-8"), Ok(Format::Json));
        assert_eq!(format("text/csv"), Ok(Format::Csv));
        for other in ["text/plain", "application/json; charset=latin1", "application/json; v=1"] {
            assert_eq!(format(other), Err(StatusCode::UNSUPPORTED_MEDIA_TYPE), "{other}");
        }
        assert_eq!(super::format(&HeaderMap::new()), Ok(Format::Json));
    }
}
