//! The table that a run prints.

use std::fmt;
use std::fmt::Write as _;

use gauntlet_data::events::show_time;
use gauntlet_learn::events::{AtHorizon, chance_of_a_hit};

use super::Ran;
use super::tournament::Judged;
use crate::report::{names, row, table};

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { title, dataset, origin, rows, seed, .. } = self;
        writeln!(f, "\n{title}: {dataset} ({origin} data), {rows} rows, seed {seed}")?;
        f.write_str(&self.summary())?;
        f.write_str(&self.each_failure())?;
        f.write_str(&self.ceiling())?;
        f.write_str(&self.curve())?;
        f.write_str(names(&self.names).trim_end())
    }
}

impl Ran {
    /// Every participant at the operating point.
    pub(super) fn summary(&self) -> String {
        let horizon =
            self.participants.iter().find_map(|j| Some(j.figures()?.horizon_h)).unwrap_or(0.0);
        let mut text =
            format!("\nWalk-forward, an alarm counts within {horizon} h before a failure:\n");
        let head = [
            "participant",
            "detected",
            "95 %",
            "median lead",
            "false/week",
            "95 %",
            "in alarm",
            "validation",
        ];
        let mut rows = vec![row(head)];
        for judged in &self.participants {
            rows.push(self.line(judged));
        }
        text += &table(&rows);
        let weeks = self.participants.iter().find_map(|j| Some(j.figures()?.weeks)).unwrap_or(0.0);
        let _ = writeln!(
            text,
            "* first on the failures before the tests; {weeks:.1} weeks of normal operation were judged; () baselines; \
             these tests have been opened {} time(s)",
            self.openings
        );
        text
    }

    fn line(&self, judged: &Judged) -> Vec<String> {
        let mark = if judged.name == self.winner { "* " } else { "  " };
        let name = if judged.baseline { format!("({})", judged.name) } else { judged.name.clone() };
        let Some(at) = judged.figures() else {
            let why = judged.refused.clone().unwrap_or_default();
            return vec![format!("{mark}{name}"), why];
        };
        let validation = judged.validation.as_ref();
        let validation = validation.map_or("-".to_owned(), |v| {
            format!("{} of {} at {:.2}", v.hits, v.failures, v.false_per_week.value)
        });
        vec![
            format!("{mark}{name}"),
            format!("{} of {}", at.hits, at.failures),
            format!("[{:.2}, {:.2}]", at.detected.low, at.detected.high),
            at.median_lead_s.map_or("-".to_owned(), duration),
            format!("{:.2}", at.false_per_week.value),
            // In no time at all any rate is possible.
            match at.weeks > 1e-6 {
                true => format!("[{:.2}, {:.2}]", at.false_per_week.low, at.false_per_week.high),
                false => "nothing judged".to_owned(),
            },
            format!("{:.2} %", 100.0 * at.time_in_alarm),
            validation,
        ]
    }

    /// What became of each failure.
    pub(super) fn each_failure(&self) -> String {
        let tested: Vec<&Judged> =
            self.participants.iter().filter(|j| j.figures().is_some()).collect();
        let Some(first) = tested.first().and_then(|j| j.figures()) else { return String::new() };
        if first.detections.is_empty() {
            return "\nNo failure lies in the tests: they judge false alarms alone.\n".to_owned();
        }
        let mut head = vec!["failure".to_owned(), "at".to_owned()];
        if self.truth.is_some() {
            head.push("announced".to_owned());
        }
        head.extend(tested.iter().filter(|j| !j.baseline).map(|j| j.name.clone()));
        let mut rows = vec![head];
        for (position, detection) in first.detections.iter().enumerate() {
            let event = &self.failures[detection.failure];
            let mut line = vec![(detection.failure + 1).to_string(), show_time(event.at_ms)];
            if let Some(truth) = &self.truth {
                let known = truth.events.iter().find(|e| e.at_ms == event.at_ms);
                line.push(known.map_or("?".to_owned(), |e| match e.mode.is_detectable() {
                    true => format!(
                        "{} {}",
                        e.mode.name(),
                        duration((e.at_ms - e.onset_ms) as f64 / 1000.0)
                    ),
                    false => "not at all".to_owned(),
                }));
            }
            for judged in tested.iter().filter(|j| !j.baseline) {
                let lead = judged.figures().and_then(|f| f.detections.get(position)?.lead_s);
                line.push(lead.map_or("-".to_owned(), duration));
            }
            rows.push(line);
        }
        let shown = rows.len().min(26);
        let mut text = format!("\nLead of the first alarm by failure:\n{}", table(&rows[..shown]));
        if shown < rows.len() {
            let _ = writeln!(text, "... and {} more in metrics.json", rows.len() - shown);
        }
        text + &self.what_was_seen()
    }

    /// What the first alarm of each contender before each failure saw, where it can tell.
    fn what_was_seen(&self) -> String {
        let mut lines = Vec::new();
        for judged in self.participants.iter().filter(|j| !j.baseline) {
            for detection in judged.figures().iter().flat_map(|f| &f.detections).take(26) {
                let Some(lead) = detection.lead_s else { continue };
                let event = &self.failures[detection.failure];
                let at = event.at_ms - (lead * 1000.0) as i64;
                let first = judged
                    .judgement
                    .alarms
                    .iter()
                    .find(|a| a.group == event.group && a.at_ms == at);
                if let Some(alarm) = first.filter(|alarm| !alarm.saw.is_empty()) {
                    let (name, number) = (&judged.name, detection.failure + 1);
                    lines.push(format!("  failure {number}, {name}: {}", alarm.saw.join(", ")));
                }
            }
        }
        if lines.is_empty() {
            return String::new();
        }
        format!("\nWhat these alarms saw:\n{}\n", lines.join("\n"))
    }

    /// The best anybody could do, of simulated failures.
    pub(super) fn ceiling(&self) -> String {
        let Some(truth) = &self.truth else { return String::new() };
        let Some(winner) = self.participant(&self.winner).and_then(Judged::figures) else {
            return String::new();
        };
        let tested = winner.detections.iter().map(|d| self.failures[d.failure].at_ms);
        let modes = tested.filter_map(|at| truth.events.iter().find(|e| e.at_ms == at));
        let announced = modes.clone().filter(|e| e.mode.is_detectable()).count();
        let all = modes.count();
        let chance = chance_of_a_hit(winner.false_per_week.value, winner.horizon_h);
        format!(
            "\nCeiling: {announced} of {all} failures announce themselves; the others are hit by chance alone, each with \
             probability {:.2} at {:.2} false alarms per week.\n",
            chance, winner.false_per_week.value
        )
    }

    /// Detected and false alarms over the horizons.
    pub(super) fn curve(&self) -> String {
        let Some(horizons) = self.participant(&self.winner).map(|j| &j.judgement.horizons) else {
            return String::new();
        };
        let mut order: Vec<usize> = (0..horizons.len()).collect();
        order.sort_by(|&a, &b| horizons[a].horizon_h.total_cmp(&horizons[b].horizon_h));
        let mut head = vec!["participant".to_owned()];
        head.extend(order.iter().map(|&at| format!("{} h", horizons[at].horizon_h)));
        let mut rows = vec![head];
        for judged in self.participants.iter().filter(|j| j.figures().is_some()) {
            let cell = |at: &AtHorizon| {
                format!("{} of {} at {:.2}", at.hits, at.failures, at.false_per_week.value)
            };
            let mut line = vec![judged.name.clone()];
            line.extend(order.iter().map(|&at| cell(&judged.judgement.horizons[at])));
            rows.push(line);
        }
        format!("\nDetected, at false alarms per week, by horizon:\n{}", table(&rows))
    }
}

/// Seconds in the largest unit that leaves a number above one.
pub(super) fn duration(seconds: f64) -> String {
    let (size, sign) = (seconds.abs(), if seconds < 0.0 { "-" } else { "" });
    match size {
        s if s < 120.0 => format!("{sign}{s:.0} s"),
        s if s < 7200.0 => format!("{sign}{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{sign}{:.1} h", s / 3600.0),
        s => format!("{sign}{:.1} d", s / 86_400.0),
    }
}
