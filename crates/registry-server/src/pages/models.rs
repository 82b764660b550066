//! The registered models, and one of them with its versions, aliases and their history.

use axum::extract::{Path, Query, State};
use gauntlet_core::Version;
use gauntlet_mlflow::{
    Backend, Error, GetRegisteredModel, ModelVersion, RegisteredModel, SearchModelVersions,
    SearchRegisteredModels,
};
use gauntlet_registry::{Event, RegistryError};
use maud::{Markup, html};
use serde::Deserialize;

use super::format::{segment, time};
use super::{Page, Pages, layout, refused};

/// What a visitor may ask of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    filter: String,
    page: String,
}

pub(super) async fn list(State(pages): State<Pages>, Query(asked): Query<Asked>) -> Page {
    Page(models(&pages, &asked).await)
}

pub(super) async fn show(
    State(pages): State<Pages>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Page {
    Page(model(&pages, name, &asked).await)
}

async fn models(pages: &Pages, asked: &Asked) -> Result<Markup, Error> {
    let request = SearchRegisteredModels {
        filter: Some(asked.filter.trim().to_owned()).filter(|filter| !filter.is_empty()),
        max_results: Some(100),
        page_token: Some(asked.page.clone()),
        ..Default::default()
    };
    let found = pages.store.call(request).await?;
    let body = html! {
        form.search method="get" role="search" {
            label { "Filter " input type="search" name="filter" value=(asked.filter)
                placeholder="name ILIKE '%bearing%'"; }
            button { "Show" }
        }
        @if found.registered_models.is_empty() { p { "No model is registered." } } @else {
            div.wide tabindex="0" { table {
                thead { tr { th { "Model" } th { "Aliases" } th { "Last change" } th { "Description" } } }
                tbody { @for model in &found.registered_models {
                    @let name = model.name.as_deref().unwrap_or_default();
                    tr {
                        td { a href={ "/models/" (segment(name)) } { (name) } }
                        td { (aliases(model)) }
                        td { (time(model.last_updated_timestamp)) }
                        td { (model.description.as_deref().unwrap_or_default()) }
                    }
                } }
            } }
        }
        @if let Some(token) = found.next_page_token.filter(|token| !token.is_empty()) {
            p { a rel="next" href={ "/models?filter=" (segment(&asked.filter)) "&page=" (segment(&token)) } {
                "Next page"
            } }
        }
    };
    Ok(layout::page("Registered models", &[], &body))
}

async fn model(pages: &Pages, name: String, asked: &Asked) -> Result<Markup, Error> {
    let found = pages.store.call(GetRegisteredModel { name: Some(name.clone()) }).await?;
    let model = found.registered_model.unwrap_or_default();
    let quoted = name.replace('\'', "''");
    let request = SearchModelVersions {
        filter: Some(format!("name = '{quoted}'")),
        max_results: Some(100),
        order_by: vec!["version_number DESC".to_owned()],
        page_token: Some(asked.page.clone()),
    };
    let versions = pages.store.call(request).await?;
    let history = history(pages, &name).await?;
    let body = html! {
        @if let Some(text) = model.description.as_deref().filter(|text| !text.is_empty()) { p { (text) } }
        p { (aliases(&model)) }
        section {
            h2 { "Versions" }
            div.wide tabindex="0" { table {
                thead { tr {
                    th { "Version" } th { "Aliases" } th { "Stage" } th { "Registered" } th { "Description" }
                } }
                tbody { @for version in &versions.model_versions { (row(&name, version)) } }
            } }
            @if let Some(token) = versions.next_page_token.filter(|token| !token.is_empty()) {
                p { a rel="next" href={ "/models/" (segment(&name)) "?page=" (segment(&token)) } { "Next page" } }
            }
        }
        @if !history.is_empty() { (events(&history)) }
    };
    Ok(layout::page(&name, &[("Models", "/models")], &body))
}

fn row(name: &str, version: &ModelVersion) -> Markup {
    let number = version.version.as_deref().unwrap_or_default();
    html! {
        tr {
            td { a href={ "/models/" (segment(name)) "/" (segment(number)) } { "Version " (number) } }
            td { @for alias in &version.aliases { span.alias { "@" (alias) } " " } }
            td { (version.current_stage.as_deref().unwrap_or_default()) }
            td { (time(version.creation_timestamp)) }
            td { (version.description.as_deref().unwrap_or_default()) }
        }
    }
}

fn aliases(model: &RegisteredModel) -> Markup {
    html! { @for alias in &model.aliases {
        span.alias {
            "@" (alias.alias.as_deref().unwrap_or_default()) " → "
            (alias.version.as_deref().unwrap_or_default())
        } " "
    } }
}

/// Every move of the model's aliases; none for a model that only MLflow's clients know, or a name that the
/// history cannot have.
async fn history(pages: &Pages, name: &str) -> Result<Vec<Event>, Error> {
    let Ok(name) = name.parse() else { return Ok(Vec::new()) };
    match pages.registry.history(&name).await {
        Ok(events) => Ok(events),
        Err(RegistryError::ModelNotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(refused(&error)),
    }
}

fn place(version: Option<Version>) -> String {
    version.map_or_else(|| "none".to_owned(), |version| version.to_string())
}

fn events(history: &[Event]) -> Markup {
    html! {
        section {
            h2 { "History" }
            div.wide tabindex="0" { table {
                thead { tr {
                    th { "When" } th { "Alias" } th { "Move" } th { "Why" } th { "By" }
                } }
                tbody { @for event in history.iter().rev() {
                    tr {
                        td { (time(Some(event.at_ms))) }
                        td { span.alias { "@" (event.alias) } }
                        td {
                            (place(event.from)) " → " (place(event.to)) " (" (event.kind.as_str()) ")"
                            @if event.forced { " " strong { "forced" } }
                        }
                        td { (event.reason) }
                        td { (event.who) }
                    }
                } }
            } }
        }
    }
}
