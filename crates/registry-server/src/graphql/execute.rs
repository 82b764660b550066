//! Runs an operation: each root field asks an endpoint, and what is selected is picked from its answer.

use std::collections::BTreeMap;

use async_graphql_parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, SelectionSet,
};
use gauntlet_mlflow::{
    Backend, Endpoint, GetExperiment, GetMetricHistoryBulkInterval, GetRun, SearchDatasets,
    SearchModelVersions, SearchRuns,
};
use gauntlet_registry_sql::Store;
use serde_json::{Map, Value, json};

use super::schema::{self, Kind, Object};
use super::{input, limits};

/// The data that an operation selects, and what went wrong with single fields.
pub(super) async fn operation(
    store: &Store,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Map<String, Value>,
) -> Result<(Value, Vec<String>), String> {
    let (mut data, mut errors) = (Map::new(), Vec::new());
    let root = Root { store, document, variables };
    for field in limits::fields(document, &operation.selection_set.node)? {
        let value = match root.field(operation.ty, field).await? {
            Ok(value) => value,
            Err(problem) => {
                errors.push(problem);
                Value::Null
            }
        };
        data.insert(key(field), value);
    }
    Ok((Value::Object(data), errors))
}

struct Root<'a> {
    store: &'a Store,
    document: &'a ExecutableDocument,
    variables: &'a Map<String, Value>,
}

impl Root<'_> {
    /// A root field's value. The outer error is of the query, the inner one of the endpoint.
    async fn field(
        &self,
        operation: OperationType,
        field: &Field,
    ) -> Result<Result<Value, String>, String> {
        let name = field.name.node.as_str();
        let kind = if operation == OperationType::Query { "Query" } else { "Mutation" };
        for (argument, _) in &field.arguments {
            let argument = argument.node.as_str();
            if !matches!(argument, "input" | "inputString") {
                return Err(format!("Unknown argument '{argument}' on field '{kind}.{name}'."));
            }
        }
        if name != "__typename" && field.selection_set.node.items.is_empty() {
            return Err(format!("Field '{name}' must have a selection of subfields."));
        }
        let input = self.argument(field, "input")?;
        let (answer, kind) = match (operation, name) {
            (_, "__typename") => {
                return Ok(Ok(json!(kind)));
            }
            (OperationType::Query, "mlflowGetRun") => {
                (self.runs::<GetRun>(field, &input).await?, &schema::GET_RUN)
            }
            (OperationType::Query | OperationType::Mutation, "mlflowSearchRuns") => {
                (self.runs::<SearchRuns>(field, &input).await?, &schema::SEARCH_RUNS)
            }
            (OperationType::Query, "mlflowGetExperiment") => {
                (self.ask::<GetExperiment>(&input).await?, &schema::GET_EXPERIMENT)
            }
            (OperationType::Query, "mlflowGetMetricHistoryBulkInterval") => {
                (self.ask::<GetMetricHistoryBulkInterval>(&input).await?, &schema::GET_HISTORY)
            }
            (OperationType::Query, "mlflowSearchModelVersions") => {
                (self.ask::<SearchModelVersions>(&input).await?, &schema::SEARCH_VERSIONS)
            }
            (OperationType::Mutation, "mlflowSearchDatasets") => {
                (self.ask::<SearchDatasets>(&input).await?, &schema::SEARCH_DATASETS)
            }
            (OperationType::Query, "test") | (OperationType::Mutation, "testMutation") => {
                let echo = self.argument(field, "inputString")?;
                (Ok(json!({ "output": echo })), &schema::TEST)
            }

            _ => return Err(unknown(name, kind)),
        };
        match answer {
            Ok(answer) => Ok(Ok(self.pick(kind, &answer, &field.selection_set.node)?)),
            Err(problem) => {
                // The query itself is checked even where there is nothing to pick from.
                self.pick(kind, &Value::Null, &field.selection_set.node)?;
                Ok(Err(problem))
            }
        }
    }

    fn argument(&self, field: &Field, name: &str) -> Result<Value, String> {
        let given = field.arguments.iter().find(|(known, _)| known.node == name);
        given.map_or(Ok(Value::Null), |(_, value)| input::literal(&value.node, self.variables))
    }

    async fn ask<E: Endpoint>(&self, input: &Value) -> Result<Result<Value, String>, String>
    where
        Store: Backend<E>,
    {
        let request: E = input::request(input)?;
        Ok(match self.store.call(request).await {
            Ok(answer) => Ok(serde_json::to_value(answer).map_err(|error| error.to_string())?),
            Err(error) => Err(error.message),
        })
    }

    /// Asks for runs, and adds their experiments and versions if those are selected: all at once.
    async fn runs<E: Endpoint>(
        &self,
        field: &Field,
        input: &Value,
    ) -> Result<Result<Value, String>, String>
    where
        Store: Backend<E>,
    {
        let mut answer = match self.ask::<E>(input).await? {
            Ok(answer) => answer,
            Err(problem) => return Ok(Err(problem)),
        };
        let inner = limits::fields(self.document, &field.selection_set.node)?;
        let mut selected = Vec::new();
        for runs in inner.iter().filter(|f| matches!(f.name.node.as_str(), "run" | "runs")) {
            let fields = limits::fields(self.document, &runs.selection_set.node)?;
            selected.extend(fields.into_iter().map(|f| f.name.node.to_string()));
        }
        let chosen = |name: &str| selected.iter().any(|field| field == name);
        let mut runs: Vec<&mut Value> = Vec::new();
        if let Some(object) = answer.as_object_mut() {
            for (name, value) in object {
                match (name.as_str(), value) {
                    ("run", run) => runs.push(run),
                    ("runs", Value::Array(many)) => runs.extend(many),
                    _ => {}
                }
            }
        }
        if chosen("experiment") {
            self.add_experiments(&mut runs).await?;
        }
        if chosen("modelVersions") {
            self.add_versions(&mut runs).await?;
        }
        Ok(Ok(answer))
    }

    async fn add_experiments(&self, runs: &mut [&mut Value]) -> Result<(), String> {
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        for run in runs {
            let id = run["info"]["experiment_id"].as_str().unwrap_or_default().to_owned();
            if !known.contains_key(&id) {
                let asked = json!({ "experimentId": id });
                let mut found = self.ask::<GetExperiment>(&asked).await?.unwrap_or_default();
                known.insert(id.clone(), found["experiment"].take());
            }
            run["experiment"] = known[&id].clone();
        }
        Ok(())
    }

    async fn add_versions(&self, runs: &mut [&mut Value]) -> Result<(), String> {
        let ids: Vec<String> = runs
            .iter()
            .filter_map(|run| run["info"]["run_id"].as_str())
            .map(|id| format!("'{}'", id.replace('\'', "")))
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let asked = json!({ "filter": format!("run_id IN ({})", ids.join(",")) });
        let found = self.ask::<SearchModelVersions>(&asked).await?.unwrap_or_default();
        for run in runs {
            let of_run = |version: &&Value| version["run_id"] == run["info"]["run_id"];
            let versions = found["model_versions"].as_array().into_iter().flatten();
            run["model_versions"] = versions.filter(of_run).cloned().collect();
        }
        Ok(())
    }

    /// What a selection takes from an object.
    fn pick(&self, object: &Object, from: &Value, set: &SelectionSet) -> Result<Value, String> {
        let mut picked = Map::new();
        for field in limits::fields(self.document, set)? {
            let name = field.name.node.as_str();
            let inner = &field.selection_set.node;
            let value = if name == "__typename" {
                json!(object.name)
            } else {
                let known = object.fields.iter().find(|(known, ..)| *known == name);
                let (_, key, kind) = known.ok_or_else(|| unknown(name, object.name))?;
                self.value(*kind, from.get(*key).unwrap_or(&Value::Null), name, inner)?
            };
            picked.insert(key(field), value);
        }
        Ok(Value::Object(picked))
    }

    fn value(
        &self,
        kind: Kind,
        value: &Value,
        name: &str,
        set: &SelectionSet,
    ) -> Result<Value, String> {
        let is_object = matches!(kind, Kind::Object(_) | Kind::List(_));
        if is_object && set.items.is_empty() {
            return Err(format!("Field '{name}' must have a selection of subfields."));
        }
        Ok(match kind {
            Kind::Null => Value::Null,
            Kind::Text => json!(value.as_str().unwrap_or_default()),
            Kind::Long => json!(value.as_i64().unwrap_or_default().to_string()),
            Kind::Float => match value {
                Value::Null => json!(0.0),
                number => number.as_f64().map_or(Value::Null, Value::from),
            },
            Kind::Enum(first) => json!(value.as_str().unwrap_or(first)),
            Kind::Texts => value.as_array().map_or_else(|| json!([]), |texts| json!(texts)),
            Kind::Object(object) => self.pick(object, value, set)?,
            Kind::List(object) => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                if items.is_empty() {
                    self.pick(object, &Value::Null, set)?;
                }
                items.iter().map(|item| self.pick(object, item, set)).collect::<Result<_, _>>()?
            }
        })
    }
}

fn unknown(name: &str, object: &str) -> String {
    format!("Cannot query field '{name}' on type '{object}'.")
}

/// What a field is called in the answer.
fn key(field: &Field) -> String {
    field.alias.as_ref().unwrap_or(&field.name).node.to_string()
}
