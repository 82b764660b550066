//! Several flags whose OR is the label.

use gauntlet_core::Column;

use super::{Finding, Outcome, binary};

/// F1 from which an OR of flags is the label.
const F1: f64 = 0.95;

/// Modes whose OR is the outcome (L2): adds flags to an OR, each time the one that raises F1 most, and
/// reports the OR of two or more if it reaches the limit. Of several classes the first such one is told.
#[must_use]
pub fn reproduces_label<'a>(
    columns: &[(&str, &Column)],
    outcome: impl Into<Outcome<'a>>,
) -> Option<Finding> {
    let events = outcome.into().events();
    events.iter().find_map(|(event, labels)| reproduces(columns, event, labels))
}

fn reproduces(columns: &[(&str, &Column)], event: &str, labels: &[bool]) -> Option<Finding> {
    let mut flags: Vec<(&str, Vec<bool>)> = columns
        .iter()
        .filter_map(|(name, column)| binary(column).map(|(_, rows)| (*name, rows)))
        .collect();
    let mut union = vec![false; labels.len()];
    let (mut members, mut best) = (Vec::new(), 0.0);
    while !flags.is_empty() {
        let scores = flags.iter().map(|(_, rows)| f1(&union, rows, labels));
        let (at, score) = scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
        if score <= best {
            break;
        }
        best = score;
        let (name, rows) = flags.swap_remove(at);
        union.iter_mut().zip(rows).for_each(|(u, r)| *u |= r);
        members.push(name.to_owned());
    }
    members.sort();
    (best >= F1 && members.len() > 1).then(|| {
        let evidence = format!(
            "the OR of {} reproduces {event} with F1 {best:.3} (limit {F1})",
            members.join(", ")
        );
        Finding::new("union", members, evidence)
    })
}

fn f1(union: &[bool], more: &[bool], labels: &[bool]) -> f64 {
    let (mut hits, mut called, mut positives) = (0_u32, 0_u32, 0_u32);
    for ((u, m), y) in union.iter().zip(more).zip(labels) {
        let call = *u || *m;
        hits += u32::from(call && *y);
        called += u32::from(call);
        positives += u32::from(*y);
    }
    2.0 * f64::from(hits) / f64::from((called + positives).max(1))
}
