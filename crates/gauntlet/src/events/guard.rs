//! The leak guard on a log: columns that are no readings of a machine.

use std::collections::BTreeSet;

use anyhow::Result;
use gauntlet_core::{Column, Frame};
use gauntlet_data::events::{Clock, Log, State};
use gauntlet_learn::guard::{self, Declared, Finding, GuardReport};

use super::spec::EventsPipeline;
use crate::failure::Failure;

/// Failures from which a column that knows them all is suspect rather than lucky.
const EVENTS: usize = 20;

/// Looks at every column of the log.
///
/// # Errors
/// [`Failure::Leak`] with the evidence, where a sensor is one and no waiver is written.
pub(super) fn inspect(log: &Log, pipeline: &EventsPipeline) -> Result<GuardReport> {
    let used: BTreeSet<String> = log.sensors.iter().map(|sensor| sensor.name.clone()).collect();
    let mut findings = Vec::new();
    for (sensor, readings) in log.sensors.iter().zip(&log.readings) {
        findings.extend(guard::row_position(&sensor.name, readings));
    }
    for (name, column) in log.others.iter() {
        if let Column::Text(cells) = column {
            findings.extend(later_dates(name, cells, log));
        }
    }
    findings.extend(known_to_labels(log)?);
    let report = GuardReport::new(findings, &used, &pipeline.spec.waivers);
    let blocking: Vec<&Finding> = report.blocking().collect();
    if blocking.is_empty() {
        return Ok(report);
    }
    let told = report.findings.iter().filter(|f| !f.used);
    let evidence: Vec<String> = blocking
        .into_iter()
        .chain(told)
        .map(|f| format!("  {}: column {}: {}", f.rule, f.columns.join(", "), f.evidence))
        .collect();
    Err(Failure::Leak(evidence.join("\n")).into())
}

/// What columns know of the row's own label, where failures are many and so are rows of a label rather than the course
/// of events.
fn known_to_labels(log: &Log) -> Result<Vec<Finding>> {
    if log.events.len() < EVENTS {
        return Ok(Vec::new());
    }
    let rows: Vec<usize> =
        (0..log.rows()).filter(|&row| log.state[row] != State::Excluded).collect();
    let labels: Vec<bool> = rows.iter().map(|&row| log.state[row] == State::Failed).collect();
    let number =
        |readings: &Vec<f64>| Column::Number(rows.iter().map(|&row| readings[row]).collect());
    let sensors = log.sensors.iter().map(|s| s.name.clone()).zip(log.readings.iter().map(number));
    let mut frame = Frame::new(sensors)?;
    for (name, column) in log.others.take(&rows).iter() {
        frame.push(format!("{name} (no sensor)"), column.clone())?;
    }
    Ok(guard::inspect(&frame, &labels, &Declared::default(), &BTreeSet::new(), &[]).findings)
}

/// Dates that lie after the row they stand in: somebody wrote them down later.
fn later_dates(name: &str, cells: &[String], log: &Log) -> Option<Finding> {
    let clock = [Clock::Ymd, Clock::Dmy, Clock::Mdy];
    let clock = clock.into_iter().find(|clock| {
        cells
            .iter()
            .take(200)
            .filter(|cell| !cell.is_empty())
            .all(|cell| clock.parse(cell).is_some())
    })?;
    let dates =
        cells.iter().zip(&log.time_ms).filter_map(|(cell, time)| Some((clock.parse(cell)?, *time)));
    let (mut all, mut later) = (0, 0);
    for (date, time) in dates {
        all += 1;
        // A date without a time of day may be any moment of that day.
        later += usize::from(date > time + 86_400_000);
    }
    (all > 0 && 10 * later > all).then(|| {
        let evidence = format!(
            "its date lies after the row's own time in {later} of {all} rows: the rows were written down afterwards"
        );
        Finding::about("written_later", vec![name.to_owned()], evidence)
    })
}
