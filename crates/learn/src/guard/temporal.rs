//! Leaks through time: training on the future, windows across the cut, neighbours, and features that look
//! ahead.

use std::collections::BTreeMap;

use super::Finding;
use crate::Fold;
use crate::splits::Span;

/// Training on the future (L3.1): some fitted row ends less than `embargo` before the first scored row
/// starts, or after.
#[must_use]
pub fn time_order(spans: &[Span], fold: &Fold, embargo: i64) -> Option<Finding> {
    let first = fold.valid.iter().map(|&row| spans[row].start).min()?;
    let late = |row: &&usize| spans[**row].end.saturating_add(embargo) >= first;
    let count = fold.fit.iter().filter(late).count();
    let last = fold.fit.iter().map(|&row| spans[row].end).max()?;
    (count > 0).then(|| {
        let evidence = format!(
            "scoring starts at {first}, and {count} of {} fitted rows end less than {embargo} before it \
             or later, the last at {last}",
            fold.fit.len()
        );
        Finding::of_split("time_order", evidence)
    })
}

/// Windows on both sides (L3.1, L3.2): a scored window shares time with a fitted one of the same group.
#[must_use]
pub fn window_straddles(spans: &[Span], group: &[u32], fold: &Fold) -> Option<Finding> {
    overlapping("window_straddles", "share time with", spans, group, fold, 0)
}

/// Neighbours on both sides (L3.2): a scored row lies within `reach` of a fitted one of the same group.
///
/// A random split of a time series is found so: the readings a minute before and after a scored one say
/// nearly the same. `reach` is the time over which they do.
#[must_use]
pub fn neighbours(spans: &[Span], group: &[u32], fold: &Fold, reach: i64) -> Option<Finding> {
    overlapping("neighbours", "are neighbours of", spans, group, fold, reach)
}

fn overlapping(
    rule: &str,
    what: &str,
    spans: &[Span],
    group: &[u32],
    fold: &Fold,
    reach: i64,
) -> Option<Finding> {
    // By group the starts of fitted windows in order, each with the latest end so far.
    let mut fitted: BTreeMap<u32, Vec<(i64, i64)>> = BTreeMap::new();
    for &row in &fold.fit {
        fitted.entry(group[row]).or_default().push((spans[row].start, spans[row].end));
    }
    for windows in fitted.values_mut() {
        windows.sort_unstable();
        let mut latest = i64::MIN;
        for window in windows {
            latest = latest.max(window.1);
            window.1 = latest;
        }
    }
    let touches = |row: usize| {
        let Some(windows) = fitted.get(&group[row]) else { return false };
        let end = spans[row].end.saturating_add(reach);
        let begun = windows.partition_point(|window| window.0 <= end);
        begun > 0 && windows[begun - 1].1.saturating_add(reach) >= spans[row].start
    };
    let found: Vec<usize> = fold.valid.iter().copied().filter(|&row| touches(row)).collect();
    found.first().map(|&row| {
        let evidence = format!(
            "{} of {} scored rows {what} fitted rows of their group (within {reach}), row {row} among \
             them, from {} to {}",
            found.len(),
            fold.valid.len(),
            spans[row].start,
            spans[row].end
        );
        Finding::of_split(rule, evidence)
    })
}

/// Features that look ahead (L3.1): masking everything from `cut` on must leave features before it as they
/// were, to the bit, and leaving later rows away must do so too.
///
/// `features` turns the readings of a column, in time order, into one value per reading. It is run on the
/// column as it is, with NaN from `cut` on, and on the rows before `cut` alone.
#[must_use]
pub fn look_ahead(
    name: &str,
    readings: &[f64],
    cut: usize,
    features: impl Fn(&[f64]) -> Vec<f64>,
) -> Option<Finding> {
    let cut = cut.min(readings.len());
    let whole = features(readings);
    let mut masked = readings.to_vec();
    masked[cut..].fill(f64::NAN);
    let ways = [("masked", features(&masked)), ("left away", features(&readings[..cut]))];
    ways.iter().find_map(|(way, known)| {
        let differs = |row: usize| known.get(row).map(|v| v.to_bits()) != whole.get(row).map(|v| v.to_bits());
        let changed: Vec<usize> = (0..cut).filter(|&row| differs(row)).collect();
        changed.first().map(|first| {
            let evidence = format!(
                "{} of {cut} values before row {cut} change when that row and later ones are {way}, the \
                 first in row {first}",
                changed.len()
            );
            Finding::new("look_ahead", vec![name.to_owned()], evidence)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::{stratified, time_ordered};
    use gauntlet_core::Seed;

    fn windows(length: i64) -> Vec<Span> {
        (0..200).map(|i| Span { start: i, end: i + length }).collect()
    }

    #[test]
    fn a_random_split_of_a_series_breaks_every_rule_of_time_and_a_cut_keeps_them() {
        let (spans, group) = (windows(5), vec![0; 200]);
        let labels: Vec<bool> = (0..200).map(|i| i % 7 == 0).collect();
        let random = &stratified(&labels, 4, Seed(2)).unwrap()[0];
        assert_eq!(time_order(&spans, random, 10).unwrap().rule, "time_order");
        assert!(window_straddles(&spans, &group, random).is_some());
        assert!(neighbours(&spans, &group, random, 10).is_some());
        let cut = time_ordered(&spans, 120, 10).unwrap();
        assert_eq!(time_order(&spans, &cut, 10), None);
        assert_eq!(window_straddles(&spans, &group, &cut), None);
        assert_eq!(neighbours(&spans, &group, &cut, 10), None);
    }

    #[test]
    fn a_cut_without_embargo_is_found_by_the_windows_that_cross_it() {
        let spans = windows(5);
        let fold = Fold { fit: (0..100).collect(), valid: (100..200).collect() };
        let finding = window_straddles(&spans, &[0; 200], &fold).unwrap();
        assert!(finding.evidence.starts_with("5 of 100"), "{}", finding.evidence);
        let group: Vec<u32> = (0..200).map(|i| i / 100).collect();
        assert_eq!(window_straddles(&spans, &group, &fold), None);
        let points: Vec<Span> = (0..200).map(Span::at).collect();
        assert_eq!(time_order(&points, &fold, 0), None);
        assert!(time_order(&points, &fold, 1).is_some());
    }

    #[test]
    fn centred_windows_and_whole_series_scaling_look_ahead_and_trailing_ones_do_not() {
        let readings: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 23)).collect();
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let centred = |x: &[f64]| -> Vec<f64> {
            (0..x.len()).map(|i| mean(&x[i.saturating_sub(2)..(i + 3).min(x.len())])).collect()
        };
        let trailing = |x: &[f64]| -> Vec<f64> {
            (0..x.len()).map(|i| mean(&x[i.saturating_sub(4)..=i])).collect()
        };
        let ordinal = |x: &[f64]| -> Vec<f64> { x.iter().map(|v| v / x.len() as f64).collect() };
        let finding = look_ahead("torque", &readings, 40, centred).unwrap();
        assert!(finding.evidence.contains("first in row 38"), "{}", finding.evidence);
        assert!(look_ahead("torque", &readings, 40, ordinal).is_some());
        assert_eq!(look_ahead("torque", &readings, 40, trailing), None);
    }
}
