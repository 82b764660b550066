//! MLflow's endpoints for registered models, versions and aliases, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::collections::BTreeSet;

use gauntlet_mlflow::*;
use gauntlet_registry_sql::{Store, StoreSettings};

async fn stores(dir: &std::path::Path) -> Vec<Store> {
    let mut stores = Vec::new();
    for url in common::databases(dir).await {
        let settings = StoreSettings { default_artifact_root: "mlflow-artifacts:".into() };
        stores.push(Store::new(common::ready(&url).await, settings));
    }
    stores
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn make(store: &Store, name: &str, tags: &[(&str, &str)]) -> Result<RegisteredModel> {
    let tags = tags.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect();
    let request = CreateRegisteredModel { name: some(name), tags, description: None };
    Ok(store.call(request).await?.registered_model.unwrap())
}

fn new(name: &str, source: &str) -> CreateModelVersion {
    CreateModelVersion { name: some(name), source: some(source), ..Default::default() }
}

async fn add(store: &Store, request: CreateModelVersion) -> Result<ModelVersion> {
    Ok(store.call(request).await?.model_version.unwrap())
}

async fn point(store: &Store, name: &str, alias: &str, version: &str) -> Result<Empty> {
    let request =
        SetRegisteredModelAlias { name: some(name), alias: some(alias), version: some(version) };
    store.call(request).await
}

async fn by_alias(store: &Store, name: &str, alias: &str) -> Result<ModelVersion> {
    let request = GetModelVersionByAlias { name: some(name), alias: some(alias) };
    Ok(store.call(request).await?.model_version.unwrap())
}

async fn get(store: &Store, name: &str) -> Result<RegisteredModel> {
    Ok(store.call(GetRegisteredModel { name: some(name) }).await?.registered_model.unwrap())
}

async fn stage(
    store: &Store,
    name: &str,
    version: &str,
    stage: &str,
    archive: bool,
) -> Result<ModelVersion> {
    let request = TransitionModelVersionStage {
        name: some(name),
        version: some(version),
        stage: some(stage),
        archive_existing_versions: Some(archive),
    };
    Ok(store.call(request).await?.model_version.unwrap())
}

async fn delete(store: &Store, name: &str, version: &str) -> Result<Empty> {
    store.call(DeleteModelVersion { name: some(name), version: some(version) }).await
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> (ErrorCode, String) {
    let error = result.unwrap_err();
    (error.code, error.message)
}

fn at(stage: &str, version: &str) -> (Option<String>, Option<String>) {
    (some(stage), some(version))
}

fn stages(versions: &[ModelVersion]) -> Vec<(Option<String>, Option<String>)> {
    versions.iter().map(|v| (v.current_stage.clone(), v.version.clone())).collect()
}

#[tokio::test]
async fn a_version_answers_what_mlflow_answers() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        make(&store, "m", &[("a", "1"), ("a", "2")]).await.unwrap();
        let bare = add(&store, new("m", "s3://b/x")).await.unwrap();
        assert_eq!((bare.run_id, bare.description, bare.run_link), (some(""), some(""), some("")));
        assert_eq!((bare.version, bare.status), (some("1"), Some(ModelVersionStatus::Ready)));
        assert_eq!((bare.current_stage, bare.user_id), (some("None"), None));
        let tags = vec![KeyValue::new("t", "v"), KeyValue::new("u", "")];
        let request =
            CreateModelVersion { run_id: some("r"), tags: tags.clone(), ..new("m", "s3://b/y") };
        add(&store, request).await.unwrap();
        point(&store, "m", "champion", "2").await.unwrap();
        point(&store, "m", "b", "2").await.unwrap();
        let found = by_alias(&store, "m", "champion").await.unwrap();
        assert_eq!(found.aliases, ["b", "champion"]);
        assert_eq!((found.tags, found.run_id), (tags, some("r")));
        let latest = by_alias(&store, "m", "LATEST").await.unwrap();
        assert_eq!(latest.version, some("2"));
        let model = get(&store, "m").await.unwrap();
        assert_eq!(model.tags, [KeyValue::new("a", "2")]);
        assert_eq!(model.aliases.len(), 2);
        assert_eq!(model.latest_versions.len(), 1);
        assert!(model.latest_versions[0].aliases.is_empty(), "as MLflow leaves them out");
        let by_number = GetModelVersion { name: some("m"), version: some(" 2 ") };
        assert_eq!(store.call(by_number).await.unwrap().model_version.unwrap().aliases.len(), 2);
    }
}

#[tokio::test]
async fn what_does_not_exist_or_may_not_be_has_mlflows_code_and_words() {
    use ErrorCode::{InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist};
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        let prompt = [("mlflow.prompt.is_prompt", "true")];
        make(&store, "m", &[]).await.unwrap();
        make(&store, "p", &prompt).await.unwrap();
        add(&store, new("m", "s3://b/x")).await.unwrap();
        for (result, code_, words) in [
            (
                make(&store, "m", &[]).await,
                ResourceAlreadyExists,
                "Registered Model (name=m) already exists.",
            ),
            (
                make(&store, "p", &prompt).await,
                ResourceAlreadyExists,
                "Prompt (name=p) already exists.",
            ),
            (
                make(&store, "p", &[]).await,
                ResourceAlreadyExists,
                "Tried to create a registered model with name 'p', but the name is already taken by a prompt. MLflow \
                does not allow creating a model and a prompt with the same name.",
            ),
            (
                get(&store, "x").await,
                ResourceDoesNotExist,
                "Registered Model with name=x not found",
            ),
        ] {
            assert_eq!(code(result), (code_, words.to_owned()));
        }
        for (result, code_, words) in [
            (
                by_alias(&store, "m", "zzz").await,
                InvalidParameterValue,
                "Registered model alias zzz not found.",
            ),
            (
                by_alias(&store, "x", "zzz").await,
                ResourceDoesNotExist,
                "Registered Model with name=x not found",
            ),
            (
                by_alias(&store, "p", "latest").await,
                ResourceDoesNotExist,
                "Latest version not found for model p.",
            ),
            (
                add(&store, new("x", "s3://b")).await,
                ResourceDoesNotExist,
                "Registered Model with name=x not found",
            ),
            (
                add(&store, new("m", "models:/m/9")).await,
                ResourceDoesNotExist,
                "Model Version (name=m, version=9) not found",
            ),
            (
                add(&store, new("m", "models:/p/1")).await,
                InvalidParameterValue,
                "Invalid model version source: 'models:/p/1'. Prompt versions cannot be used as model version sources.",
            ),
            (
                add(&store, CreateModelVersion { model_id: some("m-1"), ..new("m", "s3://b") })
                    .await,
                ResourceDoesNotExist,
                "Logged model with ID 'm-1' not found.",
            ),
            (
                stage(&store, "m", "1", "bogus", false).await,
                InvalidParameterValue,
                "Invalid Model Version stage: bogus. Value must be one of None, Staging, Production, Archived.",
            ),
        ] {
            assert_eq!(code(result), (code_, words.to_owned()));
        }
        let missing = "Model Version (name=m, version=7) not found".to_owned();
        assert_eq!(
            code(point(&store, "m", "a", "7").await),
            (ResourceDoesNotExist, missing.clone())
        );
        assert_eq!(code(delete(&store, "m", "7").await), (ResourceDoesNotExist, missing));
        let rename = RenameRegisteredModel { name: some("m"), new_name: some("p") };
        let (code, words) = code(store.call(rename).await);
        assert_eq!(code, ResourceAlreadyExists);
        assert!(words.starts_with("Registered Model (name=p) already exists."));
    }
}

#[tokio::test]
async fn stages_move_archive_and_show_the_newest_of_each() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        make(&store, "m", &[]).await.unwrap();
        for _ in 0..4 {
            add(&store, new("m", "s3://b")).await.unwrap();
        }
        stage(&store, "m", "2", "production", false).await.unwrap();
        let first = stage(&store, "m", "1", "Production", true).await.unwrap();
        assert_eq!(first.current_stage, some("Production"));
        let model = get(&store, "m").await.unwrap();
        let expected = [at("Production", "1"), at("Archived", "2"), at("None", "4")];
        assert_eq!(stages(&model.latest_versions), expected);
        point(&store, "m", "a", "1").await.unwrap();
        let latest = |stages: &[&str]| GetLatestVersions {
            name: some("m"),
            stages: stages.iter().map(|s| (*s).to_owned()).collect(),
        };
        let all = store.call(latest(&[])).await.unwrap().model_versions;
        assert_eq!((stages(&all), &all[0].aliases), (expected.to_vec(), &vec!["a".to_owned()]));
        let one = store.call(latest(&["none"])).await.unwrap().model_versions;
        assert_eq!(stages(&one), [at("None", "4")]);
        let archiving = stage(&store, "m", "1", "None", true).await;
        assert!(code(archiving).1.contains("'None' is not an Active stage"));
    }
}

#[tokio::test]
async fn a_deleted_version_keeps_its_number_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        make(&store, "m", &[]).await.unwrap();
        add(&store, new("m", "s3://b")).await.unwrap();
        add(&store, new("m", "s3://b")).await.unwrap();
        point(&store, "m", "champion", "2").await.unwrap();
        delete(&store, "m", "2").await.unwrap();
        assert!(
            code(by_alias(&store, "m", "champion").await).1.contains("alias champion not found")
        );
        assert_eq!(stages(&get(&store, "m").await.unwrap().latest_versions), [at("None", "1")]);
        assert_eq!(add(&store, new("m", "s3://b")).await.unwrap().version, some("3"));
        store.call(DeleteRegisteredModel { name: some("m") }).await.unwrap();
        assert!(get(&store, "m").await.is_err());
        make(&store, "m", &[]).await.unwrap();
        assert_eq!(
            add(&store, new("m", "s3://b")).await.unwrap().version,
            some("1"),
            "as in MLflow"
        );
    }
}

#[tokio::test]
async fn a_new_name_takes_versions_tags_and_aliases_along() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        make(&store, "old", &[("a", "1")]).await.unwrap();
        let tags = vec![KeyValue::new("t", "v")];
        add(&store, CreateModelVersion { tags: tags.clone(), ..new("old", "s3://b") })
            .await
            .unwrap();
        point(&store, "old", "champion", "1").await.unwrap();
        let rename = RenameRegisteredModel { name: some("old"), new_name: some("new") };
        let renamed = store.call(rename).await.unwrap().registered_model.unwrap();
        assert_eq!((renamed.name, renamed.tags.len()), (some("new"), 1));
        let version = by_alias(&store, "new", "champion").await.unwrap();
        assert_eq!((version.name, version.tags), (some("new"), tags));
        assert!(get(&store, "old").await.is_err());
    }
}

#[tokio::test]
async fn a_version_of_a_version_leads_to_the_same_files() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        make(&store, "m", &[]).await.unwrap();
        make(&store, "copy", &[]).await.unwrap();
        let run = CreateModelVersion { run_id: some("r1"), ..new("m", "s3://b/x") };
        add(&store, run).await.unwrap();
        point(&store, "m", "champion", "1").await.unwrap();
        for source in ["models:/m/1", "models:/m@champion", "models:/m/latest", "models:/m/None"] {
            let copy = add(&store, new("copy", source)).await.unwrap();
            assert_eq!((copy.source, copy.run_id), (some("models:/m/1"), some("r1")), "{source}");
            let ask = GetModelVersionDownloadUri { name: some("copy"), version: copy.version };
            assert_eq!(store.call(ask).await.unwrap().artifact_uri, some("s3://b/x"));
        }
        let other = CreateModelVersion { run_id: some("r2"), ..new("copy", "models:/m/1") };
        assert!(
            code(add(&store, other).await).1.contains("must match the referenced model version")
        );
    }
}

async fn names(store: &Store, filter: &str, order_by: &[&str]) -> Result<Vec<String>> {
    let request = SearchRegisteredModels {
        filter: some(filter),
        order_by: order_by.iter().map(|s| (*s).to_owned()).collect(),
        ..Default::default()
    };
    let found = store.call(request).await?.registered_models;
    Ok(found.into_iter().map(|model| model.name.unwrap()).collect())
}

#[tokio::test]
async fn registered_models_are_found_sorted_and_paged() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        make(&store, "b", &[("team", "blue"), ("kind", "x")]).await.unwrap();
        make(&store, "a", &[("team", "blue")]).await.unwrap();
        make(&store, "Ab", &[("team", "red")]).await.unwrap();
        make(&store, "p", &[("mlflow.prompt.is_prompt", "true")]).await.unwrap();
        for (filter, expected) in [
            ("", vec!["Ab", "a", "b"]),
            ("name = 'a'", vec!["a"]),
            ("name != 'a'", vec!["Ab", "b"]),
            ("attribute.name LIKE 'A%'", vec!["Ab"]),
            ("name ILIKE 'A%'", vec!["Ab", "a"]),
            ("name IN ('a', 'b', 'p')", vec!["a", "b"]),
            ("name NOT IN ('a')", vec!["Ab", "b"]),
            ("tags.team = 'blue'", vec!["a", "b"]),
            ("tag.team = 'blue' AND tags.kind LIKE 'x'", vec!["b"]),
            ("tags.team = 'blue' AND tags.team = 'red'", vec![]),
            ("tags.team != 'blue'", vec!["Ab"]),
            ("tags.`mlflow.prompt.is_prompt` = 'true'", vec!["p"]),
            ("tags.`mlflow.prompt.is_prompt` = 'false'", vec!["Ab", "a", "b"]),
        ] {
            let mut found = names(&store, filter, &[]).await.unwrap();
            found.sort();
            assert_eq!(found, expected, "{filter}");
        }
        assert_eq!(names(&store, "name IN ('a','b')", &["name DESC"]).await.unwrap(), ["b", "a"]);
        for (filter, order, words) in [
            ("a = 'b'", "name", "Invalid attribute key 'a' specified. Valid keys are '{'name'}'"),
            ("x.a = 'b'", "name", "Invalid entity type 'x'"),
            ("name > 'a'", "name", "Invalid comparator for attribute: >"),
            ("name = a", "name", "Parameter value is either not quoted"),
            ("name = 1", "name", "Expected a quoted string value or a list of quoted"),
            ("name IS NULL", "name", "Expected a quoted string value"),
            (
                "tags.a in ('b')",
                "name",
                "Expected a quoted string value for tag (e.g. 'my-value'). Got value ('b')",
            ),
            ("tags.a > 'b'", "name", "Invalid comparator for tag: >"),
            ("", "x", "Invalid order by key 'x' specified. Valid keys are '{'name', 'timestamp'}'"),
            ("", "creation_timestamp", "Invalid order by key 'creation_timestamp'"),
            ("", "name foo", "Invalid ordering key in order_by clause 'name foo'."),
        ] {
            let (code, message) = code(names(&store, filter, &[order]).await);
            assert_eq!(code, ErrorCode::InvalidParameterValue);
            assert!(message.starts_with(words), "{message}");
        }
        let twice = names(&store, "", &["name", "name desc"]).await;
        assert_eq!(code(twice).1, "`order_by` contains duplicate fields: ['name', 'name desc']");
        let (mut token, mut found) = (None, BTreeSet::new());
        for _ in 0..3 {
            let request = SearchRegisteredModels {
                max_results: Some(1),
                page_token: token.take(),
                ..Default::default()
            };
            let page = store.call(request).await.unwrap();
            assert_eq!(page.registered_models.len(), 1);
            found.insert(page.registered_models[0].name.clone());
            token = page.next_page_token;
        }
        assert_eq!((found.len(), token), (3, None));
    }
}

async fn numbers(store: &Store, filter: &str, order_by: &[&str]) -> Result<Vec<String>> {
    let request = SearchModelVersions {
        filter: some(filter),
        order_by: order_by.iter().map(|s| (*s).to_owned()).collect(),
        ..Default::default()
    };
    let found = store.call(request).await?.model_versions;
    Ok(found.into_iter().map(|v| format!("{}{}", v.name.unwrap(), v.version.unwrap())).collect())
}

#[tokio::test]
async fn versions_are_found_sorted_and_paged() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        for name in ["a", "b"] {
            make(&store, name, &[]).await.unwrap();
            for number in 1..=3 {
                let tags = vec![KeyValue::new("n", number.to_string()), KeyValue::new("all", "x")];
                let run_id = Some(format!("{name}{number}"));
                let source = format!("s3://{name}/{number}");
                add(&store, CreateModelVersion { tags, run_id, ..new(name, &source) })
                    .await
                    .unwrap();
            }
        }
        delete(&store, "b", "2").await.unwrap();
        for (filter, expected) in [
            ("", vec!["a1", "a2", "a3", "b1", "b3"]),
            ("name = 'a'", vec!["a1", "a2", "a3"]),
            ("name = 'a' AND version_number > 1", vec!["a2", "a3"]),
            ("version_number <= '1'", vec!["a1", "b1"]),
            ("run_id IN ('a1', 'b2', 'b3')", vec!["a1", "b3"]),
            ("run_id NOT IN ('a1') AND name = 'a'", vec!["a2", "a3"]),
            ("source_path LIKE 's3://b/%'", vec!["b1", "b3"]),
            ("tags.n = '1'", vec!["a1", "b1"]),
            ("tags.n != '1' AND tags.all = 'x' AND name = 'b'", vec!["b3"]),
        ] {
            assert_eq!(
                numbers(&store, filter, &["name", "version_number"]).await.unwrap(),
                expected,
                "{filter}"
            );
        }
        let sorted = numbers(&store, "name = 'a'", &["version_number DESC"]).await.unwrap();
        assert_eq!(sorted, ["a3", "a2", "a1"]);
        for (filter, order, words) in [
            (
                "version_number > 'x'",
                "name",
                "Invalid value for numeric attribute 'version_number': 'x'",
            ),
            (
                "version_number > 1.5",
                "name",
                "Invalid value for numeric attribute 'version_number': 1.5",
            ),
            (
                "version_number LIKE 1",
                "name",
                "Invalid comparator for attribute version_number: LIKE",
            ),
            (
                "version_number IN ('1')",
                "name",
                "Only ['name', 'run_id'] attributes support comparison with a list",
            ),
            ("source_path IN ('x')", "name", "Only ['name', 'run_id'] attributes"),
            (
                "creation_timestamp > 1",
                "name",
                "Invalid attribute key 'creation_timestamp' specified.",
            ),
            ("name = 1", "name", "Only the '{"),
            ("", "tags.x", "Invalid order by key 'x' specified. Valid keys are {'"),
            ("", "x", "Invalid attribute key 'x' specified. Valid keys are '{'"),
        ] {
            let (code, message) = code(numbers(&store, filter, &[order]).await);
            assert_eq!(code, ErrorCode::InvalidParameterValue);
            assert!(message.starts_with(words), "{message}");
        }
        let page = SearchModelVersions { max_results: Some(2), ..Default::default() };
        let first = store.call(page.clone()).await.unwrap();
        assert_eq!(first.model_versions.len(), 2);
        assert!(first.model_versions.iter().all(|version| version.tags.len() == 2));
        let second = SearchModelVersions { page_token: first.next_page_token, ..page };
        assert_eq!(store.call(second).await.unwrap().model_versions.len(), 2);
        let none = SearchModelVersions { max_results: Some(0), ..Default::default() };
        assert!(code(store.call(none).await).1.contains("positive integer, but got 0"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_number_is_given_out_twice() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()).await {
        make(&store, "m", &[]).await.unwrap();
        let mut writers = Vec::new();
        for _ in 0..32 {
            let store = store.clone();
            writers.push(tokio::spawn(async move { add(&store, new("m", "s3://b")).await }));
        }
        let mut given = BTreeSet::new();
        for writer in writers {
            given.insert(writer.await.unwrap().unwrap().version.unwrap());
        }
        assert_eq!(given.len(), 32);
    }
}
