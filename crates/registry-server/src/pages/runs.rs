//! One run: what it logged, and the history of a metric.

use axum::extract::{Path, Query, State};
use gauntlet_mlflow::{Backend, Error, GetMetricHistory, GetRun, KeyValue, Run};
use maud::{Markup, html};
use serde::Deserialize;

use super::format::{duration, number, segment, time};
use super::layout::{self, pairs};
use super::{Page, Pages, plot};

/// Points of a history that are drawn: more than a screen has.
const POINTS: i32 = 2_000;

/// Which metric's history to draw.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    metric: String,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Page {
    Page(run(&pages, id, &asked).await)
}

async fn run(pages: &Pages, id: String, asked: &Asked) -> Result<Markup, Error> {
    let answer = pages.store.call(GetRun { run_id: Some(id.clone()), run_uuid: None }).await?;
    let Run { info, data, inputs, .. } = answer.run.unwrap_or_default();
    let (info, data) = (info.unwrap_or_default(), data.unwrap_or_default());
    let here = format!("/runs/{}", segment(&id));
    let text = |value: Option<&str>| {
        let value = value.unwrap_or("–").to_owned();
        html! { (value) }
    };
    let facts = [
        ("Run", text(info.run_id.as_deref())),
        ("Status", text(info.status.map(gauntlet_mlflow::RunStatus::as_str))),
        ("Started", time(info.start_time)),
        ("Took", html! { (duration(info.start_time, info.end_time.filter(|end| *end > 0))) }),
        ("By", text(info.user_id.as_deref())),
        ("Artefacts", text(info.artifact_uri.as_deref())),
        ("Stage", text(info.lifecycle_stage.as_deref())),
    ];
    let metrics = data.metrics.iter().map(|metric| {
        let key = metric.key.as_deref().unwrap_or_default();
        let value = metric.value.map_or_else(String::new, |value| number(value.0));
        let link = html! {
            (value) " " a href={ (here) "?metric=" (segment(key)) } aria-label={ "History of " (key) } {
                "history"
            }
        };
        (key, link)
    });
    let datasets = inputs.unwrap_or_default().dataset_inputs;
    let body = html! {
        (pairs("Run", facts))
        @if !asked.metric.is_empty() { (history(pages, &id, &asked.metric).await?) }
        (pairs("Metrics", metrics))
        (pairs("Parameters", texts(&data.params)))
        @if !datasets.is_empty() {
            section {
                h2 { "Datasets" }
                ul { @for input in &datasets {
                    @let dataset = input.dataset.clone().unwrap_or_default();
                    li {
                        (dataset.name.as_deref().unwrap_or_default()) " "
                        span.quiet {
                            (input.tag("mlflow.data.context").unwrap_or_default()) " "
                            (dataset.digest.as_deref().unwrap_or_default())
                        }
                    }
                } }
            }
        }
        (pairs("Tags", texts(&data.tags)))
    };
    let experiment =
        format!("/experiments/{}", segment(info.experiment_id.as_deref().unwrap_or("0")));
    let trail = [("Experiments", "/"), ("Runs", experiment.as_str())];
    Ok(layout::page(info.run_name.as_deref().unwrap_or("Run"), &trail, &body))
}

fn texts(pairs: &[KeyValue]) -> impl Iterator<Item = (&str, Markup)> {
    pairs.iter().map(|pair| {
        let value = pair.value.as_deref().unwrap_or_default();
        (pair.key.as_deref().unwrap_or_default(), html! { (value) })
    })
}

async fn history(pages: &Pages, id: &str, metric: &str) -> Result<Markup, Error> {
    let request = GetMetricHistory {
        run_id: Some(id.to_owned()),
        metric_key: Some(metric.to_owned()),
        max_results: Some(POINTS),
        ..Default::default()
    };
    let answer = pages.store.call(request).await?;
    let points: Vec<(i64, f64)> = answer
        .metrics
        .iter()
        .filter_map(|point| Some((point.step.unwrap_or(0), point.value?.0)))
        .collect();
    let more = answer.next_page_token.is_some_and(|token| !token.is_empty());
    Ok(html! {
        section {
            h2 { "History of " (metric) }
            p.quiet {
                (points.len()) " values"
                @if more { ", the first of more" }
            }
            (plot::line(&format!("{metric} over steps"), &points))
        }
    })
}
