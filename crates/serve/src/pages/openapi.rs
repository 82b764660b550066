//! The OpenAPI document of the interface, joined from its parts in the order in which people read it.

use std::sync::OnceLock;

const INFO: &str = include_str!("openapi/info.json");
const PATHS: [&str; 4] = [
    include_str!("openapi/paths-guide.json"),
    include_str!("openapi/paths-mlflow.json"),
    include_str!("openapi/paths-inference.json"),
    include_str!("openapi/paths-server.json"),
];
const PARTS: &str = include_str!("openapi/parts.json");
const RESPONSES: &str = include_str!("openapi/responses.json");
const SCHEMAS: [&str; 3] = [
    include_str!("openapi/schemas-guide.json"),
    include_str!("openapi/schemas-models.json"),
    include_str!("openapi/schemas-rows.json"),
];

/// The document, with this server's version.
pub(crate) fn document() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let version = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");
        let info = fields(INFO).replacen("\"VERSION\"", version, 1);
        let join = |parts: &[&str]| parts.iter().map(|part| fields(part)).collect::<Vec<_>>().join(",");
        let (paths, schemas, parts) = (join(&PATHS), join(&SCHEMAS), fields(PARTS));
        format!(
            "{{{info},\"paths\":{{{paths}}},\"components\":{{{parts},\"responses\":{RESPONSES},\"schemas\":{{{schemas}}}}}}}"
        )
    })
}

/// What stands between the braces of an object.
fn fields(object: &str) -> &str {
    let object = object.trim();
    object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(object)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::access::Scope;
    use crate::routes::{Need, described};

    fn read() -> Value {
        serde_json::from_str(document()).unwrap()
    }

    /// Every operation of the document: method, path and what is said of it.
    fn operations(document: &Value) -> Vec<(String, String, &Value)> {
        let paths = document["paths"].as_object().unwrap();
        let of_path = |(path, item): (&String, &'_ Value)| -> Vec<(String, String)> {
            let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
            methods.map(|method| (method.to_uppercase(), path.clone())).collect()
        };
        let all = paths.iter().flat_map(of_path);
        all.map(|(method, path)| {
            let operation = &document["paths"][&path][method.to_lowercase()];
            (method, path, operation)
        })
        .collect()
    }

    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    found.insert(reference);
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_route_is_described_with_what_it_needs_and_nothing_else_is() {
        let document = read();
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        let operations = operations(&document);
        let found: BTreeSet<_> =
            operations.iter().map(|(method, path, _)| (method.clone(), path.clone())).collect();
        let routes: BTreeSet<_> = described()
            .into_iter()
            .map(|(method, path, _)| (method.to_string(), path.to_owned()))
            .collect();
        assert_eq!(found, routes);
        for (method, path, need) in described() {
            let operation = &document["paths"][path][method.as_str().to_lowercase()];
            let scope = match need {
                Need::Nothing => Value::Null,
                Need::Metrics => Scope::Read.as_str().into(),
                Need::Scope(scope) => scope.as_str().into(),
            };
            assert_eq!(operation["security"][0]["apiKey"][0], scope, "{path}");
            assert_eq!(operation["security"][1]["bearer"][0], scope, "{path}");
            assert_eq!(operation["responses"].get("401").is_some(), !scope.is_null(), "{path}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_component_is_used() {
        let document = read();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for reference in &found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        for kind in ["schemas", "responses", "parameters", "headers"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                let reference = format!("#/components/{kind}/{name}");
                assert!(found.contains(reference.as_str()), "{reference} is not used");
            }
        }
    }

    #[test]
    fn refusals_have_the_shape_of_their_dialect() {
        use crate::problem::Dialect;
        let document = read();
        for (_, path, operation) in operations(&document) {
            let (prefix, schema) = match Dialect::of(&path) {
                Dialect::Guide => ("guide", "Error"),
                Dialect::Mlflow => ("mlflow", "MlflowError"),
                Dialect::Inference => ("v2", "InferenceError"),
            };
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let Some(reference) = answer["$ref"].as_str() else { continue };
                assert_eq!(reference, format!("#/components/responses/{prefix}{status}"), "{path}");
                let answer = document.pointer(&reference[1..]).unwrap();
                let found = &answer["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(*found, format!("#/components/schemas/{schema}"));
            }
            if operation.get("requestBody").is_some() {
                // MLflow's server knows no 422.
                let unfit = if prefix == "mlflow" { "400" } else { "422" };
                for status in ["400", "408", "413", "415", unfit] {
                    assert!(operation["responses"].get(status).is_some(), "{path} {status}");
                }
            }
        }
    }
}
