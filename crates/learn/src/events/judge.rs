//! Alarms against failures: detected, lead time, false alarms, time in alarm.

use std::ops::Range;

use gauntlet_core::Estimate;
use serde::{Deserialize, Serialize};

use super::alarms::{Operation, alarms_of, counts_of};
use super::ceiling::poisson_interval;
use super::timeline::{Failure, Phase, Timeline};
use crate::intervals::clopper_pearson;

/// An alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The line at which it was raised.
    pub line: usize,
    /// When it was raised, in milliseconds.
    pub at_ms: i64,
    /// The group it was raised in.
    pub group: u32,
    /// The score at that moment.
    pub score: f32,
    /// Whether the machine ran.
    pub running: bool,
    /// The features that were oddest at that moment, where the detector can tell.
    pub saw: Vec<String>,
}

/// What became of one failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Its number.
    pub failure: usize,
    /// Seconds from the first alarm within the horizon to the failure, negative while it lasts; nothing if it was missed.
    pub lead_s: Option<f64>,
}

/// The figures at one horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtHorizon {
    /// Hours before a failure within which an alarm announces it.
    pub horizon_h: f64,
    /// Failures that were announced, as a share with its exact interval.
    pub detected: Estimate,
    /// How many that are.
    pub hits: usize,
    /// Of how many.
    pub failures: usize,
    /// What became of each.
    pub detections: Vec<Detection>,
    /// Middling lead of those detected, in seconds.
    pub median_lead_s: Option<f64>,
    /// Alarms that announced nothing while the machine ran.
    pub false_alarms: usize,
    /// Those per week of normal operation, with the exact interval.
    pub false_per_week: Estimate,
    /// Weeks of normal operation that were judged.
    pub weeks: f64,
    /// Share of normal operation in which the condition of an alarm held.
    pub time_in_alarm: f64,
}

/// What a judge sees of one participant: its scores and operating point in each test.
#[derive(Debug, Clone)]
pub struct Verdicts<'a> {
    /// All lines.
    pub timeline: &'a Timeline,
    /// All failures.
    pub failures: &'a [Failure],
    /// Scores of all lines; NaN where there is none.
    pub scores: &'a [f32],
    /// Each test's lines and operating point.
    pub tests: &'a [(Range<usize>, Operation)],
}

/// The judgement of one participant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// At each horizon, in the order asked for.
    pub horizons: Vec<AtHorizon>,
    /// All alarms in the tests.
    pub alarms: Vec<Alarm>,
}

/// Judges a participant over all tests at each of `horizons_h`.
#[must_use]
pub fn judge(of: &Verdicts<'_>, horizons_h: &[f64], level: f64) -> Judgement {
    let timeline = of.timeline;
    let mut alarms = Vec::new();
    let mut holding = Vec::new();
    for (lines, operation) in of.tests {
        alarms.extend(alarms_of(timeline, of.scores, lines.clone(), operation));
        holding.extend(counts_of(timeline, of.scores, lines.clone(), operation));
    }
    let horizons =
        horizons_h.iter().map(|h| at_horizon(of, &alarms, &holding, *h, level)).collect();
    let alarms = alarms.into_iter().map(|line| Alarm {
        line,
        saw: Vec::new(),
        at_ms: timeline.time_ms[line],
        group: timeline.group[line],
        score: of.scores[line],
        running: timeline.phase[line] == Phase::Normal,
    });
    Judgement { horizons, alarms: alarms.collect() }
}

fn at_horizon(
    of: &Verdicts<'_>,
    alarms: &[usize],
    holding: &[usize],
    horizon_h: f64,
    level: f64,
) -> AtHorizon {
    let (timeline, horizon) = (of.timeline, (horizon_h * 3.6e6) as i64);
    let tested = |failure: &Failure| {
        let line = timeline.line_of(failure).min(timeline.lines().saturating_sub(1));
        of.tests.iter().any(|(lines, _)| lines.contains(&line))
    };
    let detections: Vec<Detection> = of
        .failures
        .iter()
        .enumerate()
        .filter(|(_, failure)| tested(failure))
        .map(|(number, failure)| {
            let first = alarms.iter().find(|line| timeline.announces(**line, failure, horizon));
            let lead = |line: &usize| (failure.at_ms - timeline.time_ms[*line]) as f64 / 1000.0;
            Detection { failure: number, lead_s: first.map(lead) }
        })
        .collect();
    let announces = |line: usize| of.failures.iter().any(|f| timeline.announces(line, f, horizon));
    let usual = |line: usize| timeline.phase[line] == Phase::Normal && !announces(line);
    let false_alarms = alarms.iter().filter(|line| usual(**line)).count();
    let (mut ms, mut held_ms) = (0_i64, 0_i64);
    let mut held = holding.iter().peekable();
    for (lines, _) in of.tests {
        for line in lines.clone().skip(1) {
            while held.peek().is_some_and(|at| **at < line) {
                held.next();
            }
            let together = timeline.run[line] == timeline.run[line - 1];
            if together && timeline.ready[line] && usual(line) {
                let step = timeline.time_ms[line] - timeline.time_ms[line - 1];
                ms += step;
                held_ms += if held.peek() == Some(&&line) { step } else { 0 };
            }
        }
    }
    let weeks = ms as f64 / 6.048e8;
    let mut leads: Vec<f64> = detections.iter().filter_map(|d| d.lead_s).collect();
    leads.sort_by(f64::total_cmp);
    let (hits, failures) = (leads.len(), detections.len());
    // Of no failure, and in no time, nothing is known.
    let detected = clopper_pearson(hits as u64, failures as u64, level)
        .map_or(Estimate { value: 0.0, low: 0.0, high: 1.0 }, |i| i.estimate);
    let exposure = weeks.max(f64::from(f32::MIN_POSITIVE));
    let (low, high) = poisson_interval(false_alarms, exposure, level);
    AtHorizon {
        horizon_h,
        detected,
        hits,
        failures,
        median_lead_s: (hits > 0).then(|| gauntlet_core::quantile(&leads, 0.5)),
        detections,
        false_alarms,
        false_per_week: Estimate { value: false_alarms as f64 / exposure, low, high },
        weeks,
        time_in_alarm: held_ms as f64 / ms.max(1) as f64,
    }
}
