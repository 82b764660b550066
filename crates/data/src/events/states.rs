//! From labels to what the machine was doing in each row, and to its failures.

use super::Clock;
use super::clock::show_time;
use super::descriptor::{Failures, GivenTime};
use super::error::EventsError;
use super::log::{Event, State};

/// Rows of one group in order of time.
pub(super) struct Stretch<'a> {
    pub(super) group: u32,
    pub(super) name: &'a str,
    /// The first row in the log.
    pub(super) first: usize,
    pub(super) time_ms: &'a [i64],
    /// Cells of the label column, where there is one.
    pub(super) labels: &'a [String],
}

/// The states of the rows, and the failures among them.
///
/// # Errors
/// A label that is no whole number where labels mark intervals: its row in the stretch and its text.
pub(super) fn states(
    failures: &Failures,
    clock: Clock,
    stretch: &Stretch<'_>,
) -> Result<(Vec<State>, Vec<Event>), (usize, String)> {
    let rows = stretch.time_ms.len();
    let mut states = vec![State::Normal; rows];
    match failures {
        Failures::Status { failure, excluded, .. } => {
            for (state, label) in states.iter_mut().zip(stretch.labels) {
                let label = label.trim();
                let among = |values: &[String]| values.iter().any(|value| same(value, label));
                *state = if among(failure) {
                    State::Failed
                } else if among(excluded) {
                    State::Excluded
                } else {
                    State::Normal
                };
            }
        }
        Failures::Interval { .. } => {
            for (row, (state, label)) in states.iter_mut().zip(stretch.labels).enumerate() {
                *state = match truth(label) {
                    Some(true) => State::Failed,
                    Some(false) => State::Normal,
                    None => return Err((row, label.clone())),
                };
            }
        }
        Failures::Times(times) => {
            for (at, until) in times.iter().filter_map(|time| span(time, clock, stretch.name)) {
                let from = stretch.time_ms.partition_point(|t| *t < at);
                let to = stretch.time_ms.partition_point(|t| *t <= until).max(from + 1).min(rows);
                // A moment between two rows is the later one.
                if from < rows && (from > 0 || stretch.time_ms[0] <= until) {
                    states[from..to].fill(State::Failed);
                }
            }
        }
    }
    let mut events: Vec<Event> = Vec::new();
    for row in 0..rows {
        if states[row] != State::Failed {
            continue;
        }
        let at_ms = stretch.time_ms[row];
        match events.last_mut() {
            Some(event) if row > 0 && states[row - 1] == State::Failed => {
                (event.last, event.until_ms) = (stretch.first + row, at_ms);
            }
            _ => events.push(Event {
                group: stretch.group,
                row: stretch.first + row,
                last: stretch.first + row,
                at_ms,
                until_ms: at_ms,
            }),
        }
    }
    Ok((states, events))
}

/// A listed failure's first and last moment, if it belongs to the group `name`.
fn span(time: &GivenTime, clock: Clock, name: &str) -> Option<(i64, i64)> {
    if time.group.as_ref().is_some_and(|group| group != name) {
        return None;
    }
    let at = clock.parse_given(&time.at)?;
    let until = time.until.as_ref().map_or(Some(at), |until| clock.parse_given(until))?;
    Some((at, until))
}

/// Checks that every listed failure lies within the rows of some group.
pub(super) fn all_inside(
    times: &[GivenTime],
    clock: Clock,
    spans: &[(String, i64, i64)],
) -> Result<(), EventsError> {
    for time in times {
        let inside = spans.iter().any(|(name, first, last)| {
            span(time, clock, name).is_some_and(|(at, until)| at <= *last && until >= *first)
        });
        if !inside {
            let first = spans.iter().map(|span| span.1).min().unwrap_or_default();
            let last = spans.iter().map(|span| span.2).max().unwrap_or_default();
            return Err(EventsError::Outside {
                at: time.at.clone(),
                group: time.group.clone(),
                first: show_time(first),
                last: show_time(last),
            });
        }
    }
    Ok(())
}

/// Whether two labels are the same, as texts or as numbers: a status of 1 may be written 1.0.
fn same(value: &str, label: &str) -> bool {
    value == label
        || matches!((value.parse::<f64>(), label.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

/// What a cell of 0 and 1, or of 0 and kinds of failures by number, says; an empty one says 0.
pub(super) fn truth(label: &str) -> Option<bool> {
    let label = label.trim();
    match label.to_ascii_lowercase().as_str() {
        "" | "false" | "no" | "f" => return Some(false),
        "true" | "yes" | "t" => return Some(true),
        _ => {}
    }
    match label.replace(',', ".").parse::<f64>() {
        Ok(0.0) => Some(false),
        Ok(kind) if (1.0..=1000.0).contains(&kind) && kind.fract() == 0.0 => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(failures: &Failures, labels: &[&str]) -> (Vec<State>, Vec<(usize, usize)>) {
        let labels: Vec<String> = labels.iter().map(|l| (*l).to_owned()).collect();
        let time_ms: Vec<i64> = (0..labels.len() as i64).map(|row| row * 1000).collect();
        let stretch =
            Stretch { group: 0, name: "a", first: 10, time_ms: &time_ms, labels: &labels };
        let (states, events) = states(failures, Clock::Seconds, &stretch).unwrap();
        (states, events.iter().map(|e| (e.row, e.last)).collect())
    }

    #[test]
    fn a_failure_begins_where_the_status_turns() {
        let status = Failures::Status {
            column: "s".into(),
            failure: vec!["1".into()],
            excluded: vec!["R".into()],
            lasts: false,
        };
        let (states, events) = of(&status, &["0", "0", "1.0", "R", "0", "1", "1"]);
        assert_eq!(states[2..4], [State::Failed, State::Excluded]);
        assert_eq!(events, [(12, 12), (15, 16)]);
    }

    #[test]
    fn intervals_are_read_in_several_hands_and_nothing_else_is() {
        let interval = Failures::Interval { column: "a".into() };
        let (_, events) = of(&interval, &["0.0", "1,0", "True", "", "2"]);
        assert_eq!(events, [(11, 12), (14, 14)]);
        assert_eq!([truth("0.5"), truth("-1"), truth("x")], [None; 3]);
    }

    #[test]
    fn listed_times_are_found_between_rows_and_outside_ones_are_named() {
        let at = |at: &str, until: Option<&str>| GivenTime {
            at: at.into(),
            until: until.map(Into::into),
            group: None,
        };
        let times = Failures::Times(vec![at("1.5", None), at("3", Some("4"))]);
        let (_, events) = of(&times, &["", "", "", "", "", ""]);
        assert_eq!(events, [(12, 14)]);
        let spans = [("a".to_owned(), 0, 5000)];
        let error = all_inside(&[at("9", None)], Clock::Seconds, &spans).unwrap_err();
        assert!(error.to_string().contains("failure at 9 lies outside"), "{error}");
    }
}
