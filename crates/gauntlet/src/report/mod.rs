//! What a run leaves for people: the printed table, and `reports/<name>/` with metrics, verdict, card and
//! plots.

mod card;
mod metrics;
pub(crate) mod pictures;
pub(crate) mod plots;
mod provenance;
mod text;

use std::path::PathBuf;

use anyhow::Result;

use crate::home;
use crate::stages::Context;
use crate::stages::judge::Judgement;
use crate::stages::register::NameOutcome;
use crate::stages::train;

pub(crate) use metrics::{ReportMetrics, metrics};
pub(crate) use pictures::write_picture;
pub(crate) use provenance::{Provenance, params};
pub(crate) use text::{names, row, table, text};

/// Writes `metrics.json`, `verdict.json` (if the gate has decided), `card.md` and the plots.
pub(crate) fn publish(
    context: &Context,
    judgement: &Judgement,
    outcomes: Option<&[NameOutcome]>,
) -> Result<()> {
    let folder = context.home.reports(context.pipeline.name());
    home::write_json(&folder.join("metrics.json"), &metrics(context, judgement)?)?;
    if let Some(outcomes) = outcomes {
        home::write_json(&verdict_path(context), &outcomes)?;
    }
    let card = card::card(context, judgement, outcomes)?;
    home::write(&folder.join("card.md"), card.as_bytes())?;
    pictures::write(context, judgement, &folder.join("plots"))
}

/// The outcomes of the last registration, if there was one.
pub(crate) fn read_outcomes(context: &Context) -> Result<Option<Vec<NameOutcome>>> {
    let path = verdict_path(context);
    if path.is_file() { Ok(Some(home::read_json(&path)?)) } else { Ok(None) }
}

fn verdict_path(context: &Context) -> PathBuf {
    context.home.reports(context.pipeline.name()).join("verdict.json")
}

/// Wall seconds of the final fits, empty if they are not known.
fn timings(context: &Context, judgement: &Judgement) -> train::Timings {
    train::read(context, &judgement.info).map(|(_, timings)| timings).unwrap_or_default()
}
