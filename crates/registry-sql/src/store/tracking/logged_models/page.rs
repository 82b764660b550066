//! Page tokens of logged models: they belong to one search, and are refused for another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gauntlet_mlflow::{Error, Result, SearchLoggedModels};
use serde_json::{Value, json};

/// The number of models before the page that a request asks for.
pub(super) fn start(request: &SearchLoggedModels) -> Result<i64> {
    let Some(token) = request.page_token.as_deref().filter(|token| !token.is_empty()) else {
        return Ok(0);
    };
    let invalid = || Error::invalid(format!("Invalid page token: {token}."));
    let bytes = STANDARD.decode(token).map_err(|_| invalid())?;
    let found: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    let expected = search(request);
    for (field, what) in [
        ("experiment_ids", "Experiment IDs"),
        ("filter_string", "Filter string"),
        ("order_by", "Order by"),
    ] {
        if found.get(field) != expected.get(field) {
            return Err(Error::invalid(format!(
                "{what} in the page token does not match what is requested. Expected: {}. Found: {}",
                expected.get(field).unwrap_or(&Value::Null),
                found.get(field).unwrap_or(&Value::Null),
            )));
        }
    }
    found.get("offset").and_then(Value::as_i64).filter(|offset| *offset >= 0).ok_or_else(invalid)
}

/// The token of the page after so many models.
pub(super) fn token(request: &SearchLoggedModels, offset: i64) -> String {
    let mut token = search(request);
    if let Some(token) = token.as_object_mut() {
        token.insert("offset".to_owned(), offset.into());
    }
    STANDARD.encode(token.to_string())
}

fn search(request: &SearchLoggedModels) -> Value {
    let filter = request.filter.as_deref().filter(|filter| !filter.is_empty());
    let order: Vec<Value> = request
        .order_by
        .iter()
        .map(|order| {
            json!({
                "field_name": order.field_name,
                "ascending": order.ascending.unwrap_or(true),
                "dataset_name": order.dataset_name,
                "dataset_digest": order.dataset_digest,
            })
        })
        .collect();
    let order = if order.is_empty() { Value::Null } else { Value::Array(order) };
    json!({ "experiment_ids": request.experiment_ids, "filter_string": filter, "order_by": order })
}
