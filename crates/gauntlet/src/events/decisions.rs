//! From rows to decisions: features of every uninterrupted run, and the failures to be announced.

use anyhow::Result;
use gauntlet_data::events::{Log, State};
use gauntlet_features::Matrix;
use gauntlet_features::windows::Recipe;
use gauntlet_learn::events::{Failure, Phase, Timeline};
use rayon::prelude::*;

use super::lengths::Lengths;
use super::spec::EventsPipeline;

/// The recipe over all sensors and all kinds of features that somebody reads.
pub(super) fn recipe(log: &Log, pipeline: &EventsPipeline, lengths: &Lengths) -> Result<Recipe> {
    let sensors = log.sensors.iter().map(|sensor| sensor.name.clone()).collect();
    Ok(Recipe::new(&pipeline.spec.name, sensors, pipeline.kinds(), lengths.windows)?)
}

/// One line per decision.
pub(super) fn timeline(log: &Log, recipe: &Recipe) -> Timeline {
    let runs: Vec<std::ops::Range<usize>> = log.runs().collect();
    // Sensors are independent of one another, and each column has one order whatever the number of threads.
    let columns: Vec<Vec<f32>> = log
        .readings
        .par_iter()
        .flat_map_iter(|readings| {
            let mut columns = vec![Vec::new(); recipe.kinds.len()];
            for run in &runs {
                let own = recipe.sensor(&readings[run.clone()]);
                columns.iter_mut().zip(own).for_each(|(all, own)| all.extend(own));
            }
            columns
        })
        .collect();
    let mut rows = Vec::new();
    let mut run_of = Vec::new();
    let mut ready = Vec::new();
    for (number, run) in runs.iter().enumerate() {
        for row in recipe.windows.decisions(run.len()) {
            rows.push(run.start + row);
            run_of.push(number as u32);
            ready.push(row + 1 >= recipe.windows.middle);
        }
    }
    let phase = |state: State| match state {
        State::Normal => Phase::Normal,
        State::Failed => Phase::Failed,
        State::Excluded => Phase::Excluded,
    };
    let limits = vec![None; columns.len()];
    Timeline {
        x: Matrix { names: recipe.names(), columns, limits },
        time_ms: rows.iter().map(|&row| log.time_ms[row]).collect(),
        run: run_of,
        group: rows.iter().map(|&row| log.group[row]).collect(),
        phase: rows.iter().map(|&row| phase(log.state[row])).collect(),
        row: rows.iter().map(|&row| row as u32).collect(),
        ready,
    }
}

/// The failures to be announced. One that has to be foreseen is over when it begins.
pub(super) fn failures(log: &Log) -> Vec<Failure> {
    let failure = |event: &gauntlet_data::events::Event| Failure {
        group: event.group,
        at_ms: event.at_ms,
        until_ms: if log.lasts { event.until_ms } else { event.at_ms - 1 },
    };
    log.events.iter().map(failure).collect()
}
