//! Where a new version's files are: `models:/m-...` is a logged model's, `models:/name/3` another version's.
//!
//! Whether a source may be named at all is for the server in front, which knows its artefact roots.

use gauntlet_mlflow::{Error, Result};

use super::super::errors::Failed;
use super::super::python;
use super::{check, rows, stages};
use crate::db::{Conn, DbError, sql};

/// The tag of a logged model that lists the versions made of it.
const MODEL_VERSIONS: &str = "mlflow.modelVersions";

/// What a request says about where a version comes from.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) source: String,
    pub(super) run_id: Option<String>,
    pub(super) model_id: Option<String>,
    /// A prompt's source means nothing.
    pub(super) prompt: bool,
}

/// What is stored about it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) source: String,
    pub(super) storage_location: String,
    pub(super) run_id: Option<String>,
    /// The logged model that lists its versions in a tag.
    pub(super) logged_model: Option<String>,
}

/// A `models:` address.
#[derive(Debug, PartialEq, Eq)]
enum Address<'a> {
    Logged(&'a str),
    Version(&'a str, i64),
    Alias(&'a str, &'a str),
    Stage(&'a str, &'a str),
    Latest(&'a str),
}

/// The address in a `models:` source; `None` if the source is of another scheme.
fn address(source: &str) -> Result<Option<Address<'_>>> {
    let Some((scheme, rest)) = source.split_once(':') else {
        return Ok(None);
    };
    if !scheme.eq_ignore_ascii_case("models") {
        return Ok(None);
    }
    if rest.starts_with("//") {
        return Err(Error::invalid(format!(
            "Invalid model version source: '{source}'. Registered model sources must use the active model registry."
        )));
    }
    let path = rest.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.strip_prefix('/').unwrap_or_default().split('/').collect();
    match parts.as_slice() {
        [name, suffix] if !name.trim().is_empty() && !suffix.trim().is_empty() => {
            Ok(Some(if suffix.bytes().all(|byte| byte.is_ascii_digit()) {
                Address::Version(name, suffix.parse().unwrap_or(i64::MAX))
            } else if suffix.eq_ignore_ascii_case("latest") {
                Address::Latest(name)
            } else {
                Address::Stage(name, suffix)
            }))
        }
        [name] if !name.trim().is_empty() => match name.rsplit_once('@') {
            Some((name, alias)) if !alias.trim().is_empty() => {
                Ok(Some(Address::Alias(name, alias)))
            }
            Some(_) => Err(contained(source)),
            None => Ok(Some(Address::Logged(name))),
        },
        _ => Err(contained(source)),
    }
}

fn contained(source: &str) -> Error {
    Error::invalid(format!(
        "Invalid model version source: '{source}'. The model_id request parameter must identify the resource that \
        contains the source."
    ))
}

/// What a new version's row says about its source.
pub(super) async fn resolve(db: &mut Conn, asked: Asked) -> Result<Found, Failed> {
    let given = |id: &Option<String>| id.clone().filter(|id| !id.is_empty());
    let logged_model = if asked.prompt { None } else { given(&asked.model_id) };
    let address = if asked.prompt { None } else { address(&asked.source)? };
    // A run that was not named is stored as an empty text, as MLflow stores it.
    let mut found = Found {
        storage_location: asked.source.clone(),
        run_id: Some(asked.run_id.clone().unwrap_or_default()),
        logged_model,
        source: asked.source.clone(),
    };
    match address {
        None => {}
        Some(Address::Logged(model_id)) => {
            let (location, run) =
                logged(db, model_id).await?.ok_or_else(|| contained(&asked.source))?;
            found.storage_location = location;
            found.run_id = given(&found.run_id).or(run);
        }
        Some(address) => {
            let (name, number) = registered(db, &address, &asked.source).await?;
            let version = rows::find_version(db, &name, number).await?;
            let run = version.run_id.clone().unwrap_or_default();
            let same = |id: &Option<String>, of: &str| id.as_ref().is_none_or(|id| id == of);
            if !same(&asked.run_id, &run) || !same(&asked.model_id, "") {
                let message = format!(
                    "Invalid model version source: '{}'. The run_id and model_id request parameters must match the \
                    referenced model version.",
                    asked.source
                );
                return Err(Error::invalid(message).into());
            }
            found.source = format!("models:/{name}/{number}");
            found.storage_location = download_uri(db, &name, number).await?.unwrap_or_default();
            found.run_id = asked.run_id.or(version.run_id);
        }
    }
    if let Some(model_id) = &found.logged_model {
        let missing = || Error::missing(format!("Logged model with ID '{model_id}' not found."));
        let (_, run) = logged(db, model_id).await?.ok_or_else(missing)?;
        found.run_id = given(&found.run_id).or(run);
    }
    Ok(found)
}

/// The registered model and number that an address means.
async fn registered(
    db: &mut Conn,
    address: &Address<'_>,
    source: &str,
) -> Result<(String, i64), Failed> {
    let (Address::Version(name, _)
    | Address::Alias(name, _)
    | Address::Stage(name, _)
    | Address::Latest(name)
    | Address::Logged(name)) = address;
    let name = check::model(Some((*name).to_owned()))?;
    rows::require_model(db, &name).await?;
    let prompt = sql(
        "SELECT 1 FROM registered_model_tags WHERE workspace = 'default' AND name = ? AND key = ?
            AND lower(value) = 'true'",
    );
    if db.row(prompt.bind(&name).bind(check::IS_PROMPT)).await?.is_some() {
        let message = format!(
            "Invalid model version source: '{source}'. Prompt versions cannot be used as model version sources."
        );
        return Err(Error::invalid(message).into());
    }
    let newest = "SELECT max(version) FROM model_versions WHERE workspace = 'default' AND name = ?
        AND current_stage ";
    let none = |stage: &str| {
        // MLflow answers with a code that makes clients try again for minutes.
        Error::missing(format!("No versions of model with name '{name}'{stage} found"))
    };
    let number = match address {
        Address::Version(_, number) => *number,
        Address::Alias(_, alias) => {
            let missing = || Error::invalid(format!("Registered model alias {alias} not found."));
            super::aliases::place(db, &name, alias).await?.ok_or_else(missing)?
        }
        Address::Stage(_, stage) => {
            let select = sql(format!("{newest} = ?"));
            let select = select.bind(&name).bind(stages::canonical(stage)?);
            largest(db, select).await?.ok_or_else(|| none(&format!(" and stage '{stage}'")))?
        }
        Address::Latest(_) | Address::Logged(_) => {
            let select = sql(format!("{newest} <> ?")).bind(&name).bind(stages::DELETED);
            largest(db, select).await?.ok_or_else(|| none(""))?
        }
    };
    Ok((name, number))
}

async fn largest(db: &mut Conn, select: crate::db::Sql) -> Result<Option<i64>, DbError> {
    Ok(db.row(select).await?.map(|row| row.get(0)).transpose()?.flatten())
}

/// Where a logged model's files are, and the run that made it.
async fn logged(
    db: &mut Conn,
    model_id: &str,
) -> Result<Option<(String, Option<String>)>, DbError> {
    let select = sql("SELECT artifact_location, source_run_id FROM logged_models
        WHERE model_id = ? AND lifecycle_stage <> 'deleted'");
    db.row(select.bind(model_id)).await?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Where a version's files are.
pub(super) async fn download_uri(
    db: &mut Conn,
    name: &str,
    number: i64,
) -> Result<Option<String>, Failed> {
    let select = sql("SELECT storage_location, source FROM model_versions
        WHERE workspace = 'default' AND name = ? AND version = ?
            AND current_stage <> 'Deleted_Internal'");
    let row = db.row(select.bind(name).bind(number)).await?;
    let row = row.ok_or_else(|| rows::no_version(name, number))?;
    let location: Option<String> = row.get(0)?;
    Ok(match location.filter(|location| !location.is_empty()) {
        Some(location) => Some(location),
        None => row.get(1)?,
    })
}

/// Adds a version to those that a logged model lists in its tag.
pub(super) async fn note_registration(
    db: &mut Conn,
    model_id: &str,
    name: &str,
    number: i64,
) -> Result<(), DbError> {
    let select = sql("SELECT tag_value FROM logged_model_tags WHERE model_id = ? AND tag_key = ?");
    let row = db.row(select.bind(model_id).bind(MODEL_VERSIONS)).await?;
    let listed: Option<String> = row.map(|row| row.get(0)).transpose()?;
    // A tag that somebody else wrote and that is no list is written anew.
    let mut listed: Vec<serde_json::Value> =
        listed.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let this = serde_json::json!({ "name": name, "version": number });
    if !listed.contains(&this) {
        listed.push(this);
    }
    let upsert = sql("INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value)
        SELECT model_id, experiment_id, ?, ? FROM logged_models WHERE model_id = ?
        ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value");
    let value = python::json(&serde_json::Value::from(listed));
    db.execute(upsert.bind(MODEL_VERSIONS).bind(value).bind(model_id)).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_models_are_told_apart() {
        for (source, expected) in [
            ("s3://b/x", None),
            ("/a/path", None),
            ("models:/m-12", Some(Address::Logged("m-12"))),
            ("models:/m/12", Some(Address::Version("m", 12))),
            ("models:/m@champion", Some(Address::Alias("m", "champion"))),
            ("models:/m/Production", Some(Address::Stage("m", "Production"))),
            ("Models:/m/LATEST", Some(Address::Latest("m"))),
        ] {
            assert_eq!(address(source).unwrap(), expected, "{source}");
        }
        for bad in [
            "models:/",
            "models:m/1",
            "models:/m/",
            "models:/m/1/x",
            "models:/m@",
            "models://h/m/1",
        ] {
            assert!(address(bad).unwrap_err().message.contains(bad), "{bad}");
        }
    }
}
