//! Variables and arguments, read into the messages of the REST endpoints.

use async_graphql_parser::types::{BaseType, OperationDefinition};
use async_graphql_value::{ConstValue, Name, Value as Literal};
use gauntlet_mlflow::{FieldKind, Message};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The values of an operation's variables: those that were sent, else their defaults.
pub(super) fn variables(
    operation: &OperationDefinition,
    mut sent: Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut values = Map::new();
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let name = definition.name.node.to_string();
        let default = || definition.default_value.as_ref().map(|value| constant(&value.node));
        let value = sent.remove(&name).or_else(default).unwrap_or(Value::Null);
        if value.is_null() && !definition.var_type.node.nullable {
            let kind = match &definition.var_type.node.base {
                BaseType::Named(kind) => kind.to_string(),
                BaseType::List(_) => "a list".to_owned(),
            };
            return Err(format!("Variable '${name}' of required type '{kind}!' was not provided."));
        }
        values.insert(name, value);
    }
    Ok(values)
}

/// A literal with its variables filled in.
pub(super) fn literal(value: &Literal, variables: &Map<String, Value>) -> Result<Value, String> {
    let filled = value.clone().into_const_with(|name: Name| match variables.get(name.as_str()) {
        Some(value) => ConstValue::from_json(value.clone()).map_err(|error| error.to_string()),
        None => Err(format!("Variable '${name}' is not defined.")),
    });
    filled.map(|value| constant(&value))
}

fn constant(value: &ConstValue) -> Value {
    value.clone().into_json().unwrap_or_default()
}

/// Reads an input object into a request; its names are in camel case, and numbers may be texts.
pub(super) fn request<M: Message + DeserializeOwned>(input: &Value) -> Result<M, String> {
    let mut fields = Map::new();
    for (name, value) in input.as_object().into_iter().flatten() {
        let snake = snake(name);
        let field = M::FIELDS.iter().find(|field| field.name == snake);
        let field =
            field.ok_or_else(|| format!("Field '{name}' is not defined by the input's type."))?;
        let value = match (field.kind, value.as_str()) {
            (_, None) => value.clone(),
            (FieldKind::Int64 | FieldKind::Int32, Some(text)) => text
                .parse::<i64>()
                .map(Value::from)
                .map_err(|_| format!("Field '{name}' is not a number: '{text}'."))?,
            (_, Some(text)) => Value::from(text),
        };
        if !value.is_null() {
            fields.insert(snake, value);
        }
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use gauntlet_mlflow::{SearchModelVersions, SearchRuns, ViewType};
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_become_requests() {
        let input = json!({ "experimentIds": ["1"], "runViewType": "ALL", "maxResults": 5, "filter": null });
        let read: SearchRuns = request(&input).unwrap();
        assert_eq!(read.experiment_ids, ["1"]);
        assert_eq!(
            (read.run_view_type, read.max_results, read.filter),
            (Some(ViewType::All), Some(5), None)
        );
        let read: SearchModelVersions = request(&json!({ "maxResults": "7" })).unwrap();
        assert_eq!(read.max_results, Some(7));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = request::<SearchRuns>(&json!({ "experimentId": 1 })).unwrap_err();
        assert!(error.contains("experimentId"), "{error}");
        let error = request::<SearchModelVersions>(&json!({ "maxResults": "many" })).unwrap_err();
        assert!(error.contains("many"), "{error}");
    }
}
