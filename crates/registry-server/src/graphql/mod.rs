//! The part of MLflow's GraphQL that its web interface uses: reading runs, experiments, metric histories and
//! versions.
//!
//! The grammar is a library's. Answers are made from those of the REST endpoints: [`schema`] says which type
//! each field has, [`execute`] picks what a query selects. There is no introspection and nothing that writes.

mod execute;
mod input;
mod limits;
mod schema;

use async_graphql_parser::types::{ExecutableDocument, OperationDefinition};
use async_graphql_parser::{Positioned, parse_query};
use gauntlet_registry_sql::Store;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A query as clients send it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) query: String,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Option<Map<String, Value>>,
}

/// Answers a query: `data` and `errors`, with status 200 whatever happens, as GraphQL's clients expect.
pub(crate) async fn answer(store: &Store, request: Request) -> Value {
    let (data, errors) = match run(store, request).await {
        Ok((data, errors)) => (data, errors),
        Err(problem) => (Value::Null, vec![problem]),
    };
    let errors = if errors.is_empty() { Value::Null } else { json!(errors) };
    json!({ "data": data, "errors": errors })
}

async fn run(store: &Store, request: Request) -> Result<(Value, Vec<String>), String> {
    let document = parse_query(&request.query).map_err(|error| format!("Syntax Error: {error}"))?;
    let operation = choose(&document, request.operation_name.as_deref())?;
    limits::check(&document, operation)?;
    let variables = input::variables(operation, request.variables.unwrap_or_default())?;
    execute::operation(store, &document, operation, &variables).await
}

/// The operation that is asked for: the only one, or the one of that name.
fn choose<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d OperationDefinition, String> {
    let mut all = document.operations.iter();
    let chosen: Option<&Positioned<OperationDefinition>> = match name
        .filter(|name| !name.is_empty())
    {
        Some(name) => {
            all.find(|(known, _)| known.is_some_and(|known| known == name)).map(|(_, found)| found)
        }
        None => match (all.next(), all.next()) {
            (Some((_, only)), None) => Some(only),
            _ => {
                return Err(
                    "Must provide operation name if query contains multiple operations.".to_owned()
                );
            }
        },
    };
    match chosen {
        Some(found) => Ok(&found.node),
        None => Err(format!("Unknown operation named '{}'.", name.unwrap_or_default())),
    }
}
