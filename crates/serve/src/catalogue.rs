//! interim
use crate::live::Models;
use crate::problem::Problem;
use serde_json::{Value, json};

pub(crate) fn models(models: &Models) -> Vec<Value> {
    models.slots().iter().map(|slot| json!({"name": slot.wanted.model})).collect()
}
pub(crate) fn versions(models: &Models, name: &str) -> Result<Vec<Value>, Problem> {
    Ok(models.of(name)?.iter().map(|slot| json!({"version": slot.current().located.version})).collect())
}
