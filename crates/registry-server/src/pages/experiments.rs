//! The list of experiments, and the runs of one, compared by a metric.

use std::collections::BTreeSet;

use axum::extract::{Path, Query, State};
use gauntlet_mlflow::{
    Backend, Error, Experiment, GetExperiment, Run, SearchExperiments, SearchRuns, ViewType,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::format::{duration, number, segment, time};
use super::{Page, Pages, layout, plot};

/// Runs on a page.
const RUNS: i32 = 50;

/// What a visitor may ask of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    filter: String,
    order_by: String,
    metric: String,
    page: String,
}

pub(super) async fn list(State(pages): State<Pages>, Query(asked): Query<Asked>) -> Page {
    Page(experiments(&pages, &asked).await)
}

pub(super) async fn show(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Page {
    Page(experiment(&pages, id, &asked).await)
}

async fn experiments(pages: &Pages, asked: &Asked) -> Result<Markup, Error> {
    let request = SearchExperiments {
        max_results: Some(100),
        page_token: set(&asked.page),
        filter: set(&asked.filter),
        view_type: Some(ViewType::ActiveOnly),
        ..Default::default()
    };
    let found = pages.store.call(request).await?;
    let body = html! {
        (search("name LIKE 'ai4i%'", asked, &[]))
        div.wide tabindex="0" { table {
            thead { tr { th { "Experiment" } th { "Id" } th { "Created" } th { "Last change" } } }
            tbody { @for experiment in &found.experiments {
                @let id = experiment.experiment_id.as_deref().unwrap_or_default();
                tr {
                    td { a href={ "/experiments/" (segment(id)) } { (name(experiment)) } }
                    td { (id) }
                    td { (time(experiment.creation_time)) }
                    td { (time(experiment.last_update_time)) }
                }
            } }
        } }
        (next("/", asked, found.next_page_token.as_deref()))
    };
    Ok(layout::page("Experiments", &[], &body))
}

async fn experiment(pages: &Pages, id: String, asked: &Asked) -> Result<Markup, Error> {
    let found = pages.store.call(GetExperiment { experiment_id: Some(id.clone()) }).await?;
    let experiment = found.experiment.unwrap_or_default();
    let request = SearchRuns {
        experiment_ids: vec![id.clone()],
        filter: set(&asked.filter),
        order_by: set(&asked.order_by).into_iter().collect(),
        max_results: Some(RUNS),
        page_token: set(&asked.page),
        ..Default::default()
    };
    let answer = pages.store.call(request).await?;
    let metrics = keys(&answer.runs);
    let here = format!("/experiments/{}", segment(&id));
    let body = html! {
        @if let Some(location) = &experiment.artifact_location { p.quiet { "Artefacts: " (location) } }
        (search("metrics.test_f1 > 0.9 and params.depth = '3'", asked, &metrics))
        @if !asked.metric.is_empty() { (comparison(&asked.metric, &answer.runs)) }
        (table(&answer.runs))
        (next(&here, asked, answer.next_page_token.as_deref()))
    };
    Ok(layout::page(&name(&experiment), &[("Experiments", "/")], &body))
}

/// A form: filter, order and the metric to compare, as far as the list has them.
fn search(example: &str, asked: &Asked, metrics: &[String]) -> Markup {
    html! {
        form.search method="get" role="search" {
            label { "Filter " input type="search" name="filter" value=(asked.filter) placeholder=(example); }
            @if !metrics.is_empty() {
                label { "Order " input name="order_by" value=(asked.order_by)
                    placeholder="metrics.test_f1 DESC"; }
                label { "Compare "
                    select name="metric" {
                        option value="" { "no plot" }
                        @for key in metrics {
                            option value=(key) selected[*key == asked.metric] { (key) }
                        }
                    }
                }
            }
            button { "Show" }
        }
    }
}

fn comparison(metric: &str, runs: &[Run]) -> Markup {
    let values: Vec<(String, f64)> =
        runs.iter().filter_map(|run| Some((title(run), latest(run, metric)?))).collect();
    html! {
        section {
            h2 { "Runs by " (metric) }
            @if values.is_empty() { p { "No run on this page logged it." } }
            (plot::dots(&format!("{metric} of {} runs", values.len()), &values))
        }
    }
}

fn table(runs: &[Run]) -> Markup {
    const COLUMNS: usize = 8;
    let metrics: Vec<String> = keys(runs).into_iter().take(COLUMNS).collect();
    html! {
        @if runs.is_empty() { p { "No run fits." } } @else {
            div.wide tabindex="0" { table {
                thead { tr {
                    th { "Run" } th { "Status" } th { "Started" } th { "Took" } th { "By" }
                    @for key in &metrics { th { (key) } }
                } }
                tbody { @for run in runs {
                    @let info = run.info.clone().unwrap_or_default();
                    tr {
                        td { a href={ "/runs/" (segment(info.run_id.as_deref().unwrap_or_default())) } {
                            (title(run))
                        } }
                        td { (info.status.map_or("–", gauntlet_mlflow::RunStatus::as_str)) }
                        td { (time(info.start_time)) }
                        td { (duration(info.start_time, info.end_time.filter(|end| *end > 0))) }
                        td { (info.user_id.as_deref().unwrap_or_default()) }
                        @for key in &metrics {
                            td.number { (latest(run, key).map_or_else(String::new, number)) }
                        }
                    }
                } }
            } }
        }
    }
}

/// A link to the next page that keeps what was asked.
fn next(here: &str, asked: &Asked, token: Option<&str>) -> Markup {
    html! {
        @if let Some(token) = token.filter(|token| !token.is_empty()) {
            p { a rel="next" href={
                (here) "?filter=" (segment(&asked.filter)) "&order_by=" (segment(&asked.order_by))
                "&metric=" (segment(&asked.metric)) "&page=" (segment(token))
            } { "Next page" } }
        }
    }
}

/// The metrics of some runs, by name.
fn keys(runs: &[Run]) -> Vec<String> {
    let logged = runs.iter().filter_map(|run| run.data.as_ref()).flat_map(|data| &data.metrics);
    let keys: BTreeSet<&String> = logged.filter_map(|metric| metric.key.as_ref()).collect();
    keys.into_iter().cloned().collect()
}

fn latest(run: &Run, key: &str) -> Option<f64> {
    let metrics = &run.data.as_ref()?.metrics;
    let found = metrics.iter().find(|metric| metric.key.as_deref() == Some(key))?;
    found.value.map(|value| value.0)
}

fn title(run: &Run) -> String {
    let info = run.info.as_ref();
    let name = info.and_then(|info| info.run_name.clone()).filter(|name| !name.is_empty());
    name.or_else(|| info?.run_id.clone()).unwrap_or_default()
}

fn name(experiment: &Experiment) -> String {
    experiment.name.clone().unwrap_or_default()
}

/// What a form leaves empty was not asked for.
fn set(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
