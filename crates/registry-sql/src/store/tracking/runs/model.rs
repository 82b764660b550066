//! What clients of release 2 log of a model: an entry of a list that is kept in a tag.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, Empty, Error, LogModel, Result};
use serde_json::{Map, Value};

use super::super::{check, quote, tags};
use super::active;
use crate::Store;
use crate::db::{Conn, sql};
use crate::store::errors::Failed;
use crate::store::python;

const TAG: &str = "mlflow.log-model.history";
const REQUIRED: [&str; 4] = ["artifact_path", "flavors", "utc_time_created", "run_id"];

impl Backend<LogModel> for Store {
    async fn call(&self, request: LogModel) -> Result<Empty> {
        let run_id = check::run_id(request.run_id, None);
        let text = request.model_json.filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| check::missing_field("model_json"))?;
        let entry = entry(&text)?;
        self.write(move |db| async move { append(db, &run_id, entry).await }.boxed()).await
    }
}

/// What is kept of a model: where it is and how it is loaded, without configurations.
fn entry(text: &str) -> Result<Value> {
    let Ok(Value::Object(model)) = serde_json::from_str(text) else {
        return Err(Error::invalid(format!(
            "Malformed model info. \n {text} \n is not a valid JSON."
        )));
    };
    let missing: Vec<&str> =
        REQUIRED.into_iter().filter(|field| !model.contains_key(*field)).collect();
    if !missing.is_empty() {
        return Err(Error::invalid(format!(
            "Model json is missing mandatory fields: {}",
            quote::list(missing)
        )));
    }
    let mut kept = Map::new();
    for field in ["run_id", "artifact_path", "utc_time_created", "model_uuid"] {
        kept.insert(field.to_owned(), model.get(field).cloned().unwrap_or_default());
    }
    let mut flavors = model.get("flavors").cloned().unwrap_or_default();
    for flavor in flavors.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(flavor) = flavor.as_object_mut() {
            flavor.remove("config");
        }
    }
    kept.insert("flavors".to_owned(), flavors);
    Ok(Value::Object(kept))
}

async fn append(db: &mut Conn, run_id: &str, entry: Value) -> Result<Empty, Failed> {
    db.lock(run_id).await?;
    active(db, run_id).await?;
    let select =
        sql("SELECT value FROM tags WHERE key = ? AND run_uuid = ?").bind(TAG).bind(run_id);
    let kept: Option<String> = match db.row(select).await? {
        Some(row) => row.get(0)?,
        None => None,
    };
    let kept = kept.and_then(|text| serde_json::from_str(&text).ok());
    let mut list = if let Some(Value::Array(list)) = kept { list } else { Vec::new() };
    list.push(entry);
    let value = python::json(&Value::Array(list));
    // A list that is cut is no list.
    check::within("value", check::TAG_VALUE, &value)?;
    tags::upsert(db, run_id, vec![(TAG.to_owned(), value)]).await?;
    Ok(Empty {})
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn configurations_are_not_kept() {
        let model = r#"{"artifact_path":"m","flavors":{"x":{"config":{"a":1},"b":2},"y":3},
            "utc_time_created":"t","run_id":"r","signature":{}}"#;
        let kept = entry(model).unwrap();
        assert_eq!(kept["flavors"], json!({"x": {"b": 2}, "y": 3}));
        assert!(kept.get("signature").is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(entry("x").unwrap_err().message.starts_with("Malformed model info."));
        let error = entry(r#"{"artifact_path":"m","run_id":"r"}"#).unwrap_err();
        assert!(error.message.ends_with("['flavors', 'utc_time_created']"), "{error}");
    }
}
