//! Addresses that clients give: where an experiment's artefacts go, and what a model version is made of.
//!
//! What is accepted here is later only resolved inside the configured stores; still nothing is accepted that names
//! a place on this machine outside them. `Sources::Strict` adds MLflow 3.17's rule that a source has to
//! lie inside the run or model that the request names; the default accepts remote addresses as 3.12 does.

use gauntlet_mlflow::{
    Backend, CreateExperiment, CreateModelVersion, Error, ErrorCode, GetLoggedModel, GetRun, Result,
};

use crate::artifacts::{Artifacts, local_path, path, scheme};

/// How a model version's source is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sources {
    /// Remote addresses are accepted as they are.
    #[default]
    Lenient,
    /// A source lies inside the run or model that the request names.
    Strict,
}

/// Schemes whose address makes a client connect to the host that stands in it.
const HOSTS: &[&str] =
    &["ftp", "sftp", "hdfs", "viewfs", "http", "https", "mlflow-artifacts", "r2", "b2", "abfss"];

/// Characters of an experiment's artefact location.
const LOCATION_MOST: usize = 2048;

/// Checks where a new experiment's artefacts shall go.
///
/// # Errors
/// It names another host, a place on this machine outside the roots, or hides where it leads.
pub(crate) fn check_location(artifacts: &Artifacts, request: &CreateExperiment) -> Result<()> {
    let Some(location) = request.artifact_location.as_deref().filter(|uri| !uri.is_empty()) else {
        return Ok(());
    };
    let rest = location.split_once("://").map_or(location, |(_, rest)| rest);
    if rest.contains(['#', ';']) {
        return Err(Error::invalid("'artifact_location' URL can't include fragments or params."));
    }
    if let Some((_, query)) = rest.split_once('?')
        && path::decode(query).is_none_or(|query| query.contains(".."))
    {
        return Err(Error::invalid("Invalid query string"));
    }
    refuse_hosts(location, "artifact_location")?;
    let scheme = scheme(location);
    if scheme == "runs" {
        return Err(Error::invalid(format!(
            "Artifact location cannot be a runs:/ URI. Given: '{location}'"
        )));
    }
    if location.chars().count() > LOCATION_MOST {
        return Err(Error::invalid(format!(
            "Invalid artifact path length. The length of the artifact path cannot be greater than \
             {LOCATION_MOST} characters."
        )));
    }
    if path::decode(rest).is_none_or(|rest| has_parent(&rest)) {
        return Err(Error::invalid(format!("Invalid artifact location: '{location}'")));
    }
    if matches!(scheme.as_str(), "" | "file") && !artifacts.is_inside(location) {
        return Err(Error::invalid(format!(
            "Invalid artifact location: '{location}'. A local location has to lie inside the server's \
             artifact roots."
        )));
    }
    Ok(())
}

fn refuse_hosts(uri: &str, field: &str) -> Result<()> {
    let scheme = scheme(uri);
    let ours = scheme == "mlflow-artifacts" && !names_host(uri);
    if ours || !HOSTS.contains(&scheme.as_str()) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "'{field}' cannot use the '{scheme}' scheme: the '{scheme}' scheme addresses a host other than the \
         tracking server's configured artifact storage, so the server would connect to the host named in the URI."
    )))
}

/// Whether a host stands between `//` and the path.
fn names_host(uri: &str) -> bool {
    let rest = uri.split_once(':').map_or("", |(_, rest)| rest);
    rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

fn has_parent(text: &str) -> bool {
    text.split(['/', '\\']).any(|part| part.split(';').next().unwrap_or_default() == "..")
}

/// What a source is compared with.
pub(crate) trait Origins: Backend<GetRun> + Backend<GetLoggedModel> {}
impl<B: Backend<GetRun> + Backend<GetLoggedModel>> Origins for B {}

/// Checks the source of a new model version.
///
/// # Errors
/// It leads to a local path outside the run or model that the request names, or hides where it leads.
pub(crate) async fn check_source(
    store: &impl Origins,
    sources: Sources,
    request: &CreateModelVersion,
) -> Result<()> {
    let source = request.source.as_deref().unwrap_or_default();
    let is_prompt = request
        .tags
        .iter()
        .rfind(|tag| tag.key.as_deref() == Some("mlflow.prompt.is_prompt"))
        .is_some_and(|tag| tag.value.as_deref().unwrap_or_default().eq_ignore_ascii_case("true"));
    if is_prompt {
        // A prompt has no files: only placeholders that are no address are stored.
        return match scheme(source).as_str() {
            "" if source.contains('/') => Err(invalid_prompt(source)),
            "file" => Err(invalid_prompt(source)),
            _ => refuse_hosts(source, "source"),
        };
    }
    let scheme = scheme(source);
    let run = request.run_id.as_deref().filter(|id| !id.is_empty());
    let model = request.model_id.as_deref().filter(|id| !id.is_empty());
    if matches!(scheme.as_str(), "" | "file") {
        return check_local(store, source, run, model).await;
    }
    refuse_relative(source)?;
    if sources == Sources::Lenient {
        return Ok(());
    }
    refuse_hosts(source, "source")?;
    match scheme.as_str() {
        "runs" => match run {
            Some(run) if runs_uri(source) == Some(run) => Ok(()),
            _ => Err(not_inside(source, "run_id")),
        },
        "models" => match models_uri(source) {
            Some(id) if model == Some(id) => Ok(()),
            Some(_) => Err(not_inside(source, "model_id")),
            None if names_host(source) => Err(not_inside(source, "model_id")),
            None => Ok(()),
        },
        "mlflow-artifacts" => {
            let (root, field) = root_of(store, source, run, model).await?;
            match root {
                Some(root) if is_within(source, &root) => Ok(()),
                _ => Err(not_inside(source, field)),
            }
        }
        _ => Ok(()),
    }
}

/// The address of the run or model that the request names.
async fn root_of(
    store: &impl Origins,
    source: &str,
    run: Option<&str>,
    model: Option<&str>,
) -> Result<(Option<String>, &'static str)> {
    let missing = |error: Error, field| match error.code {
        ErrorCode::ResourceDoesNotExist => not_inside(source, field),
        _ => error,
    };
    if let Some(id) = model {
        let request = GetLoggedModel { model_id: Some(id.to_owned()), ..Default::default() };
        let answer = store.call(request).await.map_err(|error| missing(error, "model_id"))?;
        return Ok((answer.model.and_then(|m| m.info).and_then(|i| i.artifact_uri), "model_id"));
    }
    let Some(id) = run else { return Ok((None, "run_id")) };
    let request = GetRun { run_id: Some(id.to_owned()), run_uuid: None };
    let answer = store.call(request).await.map_err(|error| missing(error, "run_id"))?;
    Ok((answer.run.and_then(|r| r.info).and_then(|i| i.artifact_uri), "run_id"))
}

async fn check_local(
    store: &impl Origins,
    source: &str,
    run: Option<&str>,
    model: Option<&str>,
) -> Result<()> {
    let field = if model.is_some() { "model_id" } else { "run_id" };
    let refused = || {
        Error::invalid(format!(
            "Invalid model version source: '{source}'. To use a local path as a model version source, the {field} \
             request parameter has to be specified and the local path has to be contained within the artifact \
             directory of the run specified by the {field}."
        ))
    };
    let path = local_path(source).ok_or_else(refused)?;
    let (root, _) = root_of(store, source, run, model).await?;
    let root = root.filter(|root| matches!(scheme(root).as_str(), "" | "file"));
    let root = root.as_deref().and_then(local_path).ok_or_else(refused)?;
    // Links are followed on both sides, where they exist.
    let real =
        |path: &std::path::Path| fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.starts_with(&root) && real(&path).starts_with(real(&root)) {
        Ok(())
    } else {
        Err(refused())
    }
}

/// Refuses a remote address with a way up in it, in any spelling.
fn refuse_relative(source: &str) -> Result<()> {
    let decoded = path::decode(&source.replace('+', " "));
    let hidden = decoded.is_none_or(|text| {
        let address = text.split(['?', '#']).next().unwrap_or_default();
        text.contains('\0') || has_parent(&text) || address.split('/').any(|part| part == ".")
    });
    if !hidden {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid model version source: '{source}'. If supplying a source as an http, https, local file path, ftp, \
         objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references \
         present. Please provide an absolute path."
    )))
}

fn invalid_prompt(source: &str) -> Error {
    Error::invalid(format!(
        "Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder."
    ))
}

fn not_inside(source: &str, field: &str) -> Error {
    Error::invalid(format!(
        "Invalid model version source: '{source}'. The {field} request parameter must identify the resource that \
         contains the source."
    ))
}

fn runs_uri(source: &str) -> Option<&str> {
    source.strip_prefix("runs:/")?.trim_start_matches('/').split('/').next()
}

/// The id in `models:/m-…`; `None` for a name with a version or an alias.
fn models_uri(source: &str) -> Option<&str> {
    let rest = source.strip_prefix("models:/")?;
    (!rest.is_empty() && !rest.contains(['/', '@'])).then_some(rest)
}

fn is_within(source: &str, root: &str) -> bool {
    let parts = |uri: &str| -> Option<Vec<String>> {
        let decoded = path::decode(uri)?;
        let rest = decoded.split_once(':').map(|(_, rest)| rest.to_owned())?;
        Some(rest.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    };
    match (parts(source), parts(root)) {
        (Some(source), Some(root)) => !root.is_empty() && source.starts_with(&root),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
