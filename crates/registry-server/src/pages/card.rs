//! A bundle's card: the figures of its report, beside its baselines, as they were judged.

use futures_util::TryStreamExt as _;
use gauntlet_core::Digest;
use gauntlet_registry::{FileStore, RegistryError};
use maud::{Markup, html};
use serde_json::Value;

use super::format::number;

/// A report is far smaller; anything larger is not one.
const MOST: u64 = 32 << 20;

/// The card of a bundle, or why there is none.
pub(super) async fn of(files: &dyn FileStore, digest: &Digest) -> Markup {
    match read(files, digest).await {
        Ok(report) => draw(&report),
        Err(problem) => {
            html! { section { h2 { "Card" } p { "The bundle's report cannot be read: " (problem) } } }
        }
    }
}

async fn read(files: &dyn FileStore, digest: &Digest) -> Result<Value, String> {
    let path = format!("bundles/{}/report.json", digest.hex());
    let text = |error: RegistryError| error.to_string();
    let download = files.get(&path).await.map_err(text)?;
    if download.size > MOST {
        return Err(format!("it has {} bytes", download.size));
    }
    let mut bytes = Vec::new();
    let mut chunks = download.bytes;
    while let Some(chunk) = chunks.try_next().await.map_err(|error| error.to_string())? {
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

fn draw(report: &Value) -> Markup {
    let metrics = report["test"]["metrics"].as_object();
    let baselines = report["baselines"].as_object();
    html! {
        section {
            h2 { "Card" }
            @if let Some(title) = report["title"].as_str() { p { (title) } }
            @if report["origin"] == "simulated" {
                p.warning { "Trained and judged on simulated data: no figure here says anything about a real machine." }
            }
            @if let Some(metrics) = metrics {
                p.quiet {
                    "Judged once on "
                    (report["protocol"]["test_rows"].as_u64().unwrap_or_default())
                    " sealed rows; intervals from the bootstrap."
                }
                div.wide tabindex="0" { table {
                    thead { tr {
                        th { "Metric" } th { "This version" }
                        @if let Some(baselines) = baselines { @for name in baselines.keys() { th { (name) } } }
                    } }
                    tbody { @for (name, estimate) in metrics {
                        tr {
                            th scope="row" { (name) }
                            td { (interval(estimate)) }
                            @if let Some(baselines) = baselines { @for other in baselines.values() {
                                td { (interval(&other[name])) }
                            } }
                        }
                    } }
                } }
            }
            @if let Some(waivers) = report["waivers"].as_array().filter(|waivers| !waivers.is_empty()) {
                p.warning { (waivers.len()) " findings of the leak guard were waived." }
            }
        }
    }
}

/// `value [low, high]`.
fn interval(estimate: &Value) -> String {
    let part = |key: &str| estimate[key].as_f64();
    match (part("value"), part("low"), part("high")) {
        (Some(value), Some(low), Some(high)) => {
            format!("{} [{}, {}]", number(value), number(low), number(high))
        }
        (Some(value), ..) => number(value),
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_stand_with_their_interval_beside_the_baselines() {
        let estimate = json!({ "value": 0.954, "low": 0.904, "high": 0.989 });
        let report = json!({
            "title": "<b>AI4I</b>", "origin": "simulated", "protocol": { "test_rows": 2000 },
            "test": { "metrics": { "pr_auc": estimate } },
            "baselines": { "rules": { "pr_auc": { "value": 0.915 } } },
        });
        let card = draw(&report).into_string();
        for part in
            ["0.954 [0.904, 0.989]", "0.915", "2000 sealed rows", "simulated data", "&lt;b&gt;"]
        {
            assert!(card.contains(part), "{part}: {card}");
        }
    }

    #[test]
    fn a_report_of_another_make_draws_no_figures() {
        let card = draw(&json!({ "auc": 0.5 })).into_string();
        assert!(card.contains("Card") && !card.contains("<table"), "{card}");
    }
}
