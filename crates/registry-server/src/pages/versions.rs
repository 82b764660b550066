//! One version: what it is, what the gate said, and its bundle's card.

use axum::extract::{Path, State};
use gauntlet_core::{Decision, Verdict, Version};
use gauntlet_mlflow::{Backend, Error, GetModelVersion};
use gauntlet_registry::{RegistryError, Selector};
use maud::{Markup, html};

use super::format::{segment, time};
use super::layout::{self, pairs};
use super::{Page, Pages, card, refused};

pub(super) async fn show(
    State(pages): State<Pages>,
    Path((name, version)): Path<(String, String)>,
) -> Page {
    Page(version_page(&pages, name, version).await)
}

async fn version_page(pages: &Pages, name: String, number: String) -> Result<Markup, Error> {
    let request = GetModelVersion { name: Some(name.clone()), version: Some(number.clone()) };
    let version = pages.store.call(request).await?.model_version.unwrap_or_default();
    let known = known(pages, &name, &number).await?;
    let model = format!("/models/{}", segment(&name));
    let text = |value: Option<&str>| {
        let value = value.filter(|value| !value.is_empty()).unwrap_or("–").to_owned();
        html! { (value) }
    };
    let run = version.run_id.as_deref().filter(|run| !run.is_empty());
    let mut facts = vec![
        ("Registered", time(version.creation_timestamp)),
        ("Stage", text(version.current_stage.as_deref())),
        ("Source", text(version.source.as_deref())),
        (
            "Run",
            match run {
                Some(run) => html! { a href={ "/runs/" (segment(run)) } { (run) } },
                None => text(None),
            },
        ),
    ];
    if let Some(known) = &known {
        facts.push(("Data", text(known.origin.map(|origin| origin.to_string()).as_deref())));
        facts.push(("Bundle", text(known.digest.map(|digest| digest.to_string()).as_deref())));
    }
    let tags = version
        .tags
        .iter()
        .map(|tag| (tag.key.as_deref().unwrap_or_default(), text(tag.value.as_deref())));
    let bundle = known.as_ref().and_then(|known| known.digest);
    let body = html! {
        p { @for alias in &version.aliases { span.alias { "@" (alias) } " " } }
        @if let Some(words) = version.description.as_deref().filter(|words| !words.is_empty()) { p { (words) } }
        (pairs("Version", facts))
        @if let Some(verdict) = known.as_ref().and_then(|known| known.verdict.as_ref()) { (judged(verdict)) }
        @if let (Some(files), Some(digest)) = (&pages.files, bundle) {
            (card::of(files.as_ref(), &digest).await)
        }
        (pairs("Tags", tags))
    };
    let trail = [("Models", "/models"), (name.as_str(), model.as_str())];
    Ok(layout::page(&format!("{name}, version {number}"), &trail, &body))
}

/// What our registry knows of the version; nothing if only MLflow's clients know it.
async fn known(
    pages: &Pages,
    name: &str,
    number: &str,
) -> Result<Option<gauntlet_registry::ModelVersion>, Error> {
    let (Ok(model), Ok(number)) = (name.parse(), number.parse()) else { return Ok(None) };
    match pages.registry.version(&model, &Selector::Number(Version(number))).await {
        Ok(version) => Ok(Some(version)),
        Err(RegistryError::ModelNotFound { .. } | RegistryError::VersionNotFound { .. }) => {
            Ok(None)
        }
        Err(error) => Err(refused(&error)),
    }
}

fn judged(verdict: &Verdict) -> Markup {
    html! {
        section {
            h2 { "Verdict: " (mark(verdict.decision)) }
            div.wide tabindex="0" { table {
                thead { tr { th { "Rule" } th { "Decision" } th { "Reason" } } }
                tbody { @for rule in &verdict.rules {
                    tr { td { (rule.name) } td { (mark(rule.decision)) } td { (rule.reason) } }
                } }
            } }
        }
    }
}

fn mark(decision: Decision) -> Markup {
    let class = match decision {
        Decision::Promote => "promote",
        Decision::Hold => "hold",
        Decision::Reject => "reject",
    };
    html! { span class={ "decision " (class) } { (decision) } }
}
