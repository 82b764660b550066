//! The columns of a whole run, snapshot by snapshot.

use super::spec::{LEAST_BASELINE, level, offset};
use super::{ReferenceError, ReferenceSpec};
use crate::vibration::baseline::{median, robust};

/// One channel of a run: the features of every snapshot in time order.
#[derive(Debug, Clone)]
pub struct Channel<'a> {
    /// The bearing it belongs to; a bearing may have several channels.
    pub bearing: &'a str,
    /// The channel's name.
    pub channel: &'a str,
    /// The compared features, `values[feature][snapshot]`, in the order of [`ReferenceSpec::features`].
    pub values: Vec<&'a [f64]>,
}

/// What a run is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct References {
    /// The columns [`ReferenceSpec::names`], `[channel][column][snapshot]`.
    pub columns: Vec<Vec<Vec<f64>>>,
    /// The first snapshot that has a baseline: rows before it are NaN where they would need one.
    pub start: usize,
}

/// A channel's logarithms and what they were in the first hours.
struct Levels {
    bearing: usize,
    /// `[feature][snapshot]`
    levels: Vec<Vec<f64>>,
    /// `[feature]`
    baseline: Vec<f64>,
    /// `[feature]`
    spread: Vec<f64>,
}

/// The features of every channel of a run beside what they are compared with.
///
/// `hours` are those of the snapshots since the first one, rising. Snapshots for which there is no recent past (the
/// first hours after a stop) have their own value there: they have not moved. A shaft without other bearings has not
/// moved either, and its spread is the own one.
///
/// # Errors
/// Settings out of order, channels of different lengths, a baseline of too few snapshots, or a value without a
/// logarithm.
pub fn columns(
    spec: &ReferenceSpec,
    hours: &[f64],
    channels: &[Channel<'_>],
) -> Result<References, ReferenceError> {
    spec.check()?;
    let [from, to] = spec.baseline_hours;
    let first = hours.partition_point(|h| *h < from);
    let start = hours.partition_point(|h| *h <= to);
    if start - first < LEAST_BASELINE {
        let (found, needed) = (start - first, LEAST_BASELINE);
        return Err(ReferenceError::Baseline { from, to, found, needed });
    }
    let baseline = first..start;
    let all = channels
        .iter()
        .map(|channel| levels(spec, channel, hours.len(), baseline.clone(), channels))
        .collect::<Result<Vec<_>, _>>()?;
    let recent = recent_ranges(spec, hours);
    let made = channels.iter().zip(&all).map(|(channel, own)| {
        let mut made = Vec::with_capacity(spec.names().len());
        for (feature, name) in spec.features.iter().enumerate() {
            let others = others(&all, own.bearing, feature, hours.len());
            let relative: Vec<f64> = (0..hours.len())
                .map(|i| own.levels[feature][i] - own.baseline[feature] - others.median[i])
                .collect();
            let spread = robust(&relative[baseline.clone()]).map_or(0.0, |r| r.spread);
            let back = |level: f64| level.exp() - offset(name);
            let from_start = |value: f64| {
                (0..hours.len()).map(|i| if i < start { f64::NAN } else { value }).collect()
            };
            made.push(channel.values[feature].to_vec());
            made.push(from_start(back(own.baseline[feature])));
            made.push(from_start(own.spread[feature]));
            made.push(recent_medians(&recent, &own.levels[feature], back));
            made.push(others.median.iter().map(|level| level.exp()).collect());
            made.push(from_start(spread.max(spec.least_spread)));
            made.push(others.most.iter().map(|level| level.exp()).collect());
        }
        made
    });
    Ok(References { columns: made.collect(), start })
}

fn levels(
    spec: &ReferenceSpec,
    channel: &Channel<'_>,
    snapshots: usize,
    baseline: std::ops::Range<usize>,
    channels: &[Channel<'_>],
) -> Result<Levels, ReferenceError> {
    let bearing = channels.iter().position(|c| c.bearing == channel.bearing).unwrap_or_default();
    let mut made = Levels { bearing, levels: vec![], baseline: vec![], spread: vec![] };
    for (name, values) in spec.features.iter().zip(&channel.values) {
        if values.len() != snapshots {
            return Err(ReferenceError::Length {
                bearing: channel.bearing.to_owned(),
                channel: channel.channel.to_owned(),
                found: values.len(),
                expected: snapshots,
            });
        }
        let levels: Vec<f64> = values.iter().map(|value| level(name, *value)).collect();
        if let Some(at) = levels.iter().position(|level| !level.is_finite()) {
            return Err(ReferenceError::Level {
                feature: name.clone(),
                bearing: channel.bearing.to_owned(),
                channel: channel.channel.to_owned(),
                snapshot: at + 1,
                value: values[at],
            });
        }
        let own = robust(&levels[baseline.clone()]);
        made.baseline.push(own.map_or(f64::NAN, |r| r.median));
        made.spread.push(own.map_or(f64::NAN, |r| r.spread).max(spec.least_spread));
        made.levels.push(levels);
    }
    Ok(made)
}

/// How the logarithms of the other bearings have changed, per snapshot.
struct Others {
    median: Vec<f64>,
    most: Vec<f64>,
}

fn others(all: &[Levels], bearing: usize, feature: usize, snapshots: usize) -> Others {
    let mates: Vec<&Levels> = all.iter().filter(|levels| levels.bearing != bearing).collect();
    let (mut medians, mut most) = (vec![0.0; snapshots], vec![0.0; snapshots]);
    if mates.is_empty() {
        return Others { median: medians, most };
    }
    let mut changes = vec![0.0; mates.len()];
    for i in 0..snapshots {
        for (change, mate) in changes.iter_mut().zip(&mates) {
            *change = mate.levels[feature][i] - mate.baseline[feature];
        }
        most[i] = changes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        medians[i] = median(&mut changes);
    }
    Others { median: medians, most }
}

/// Per snapshot the snapshots of its recent past since the last stop; empty where there are too few.
fn recent_ranges(spec: &ReferenceSpec, hours: &[f64]) -> Vec<std::ops::Range<usize>> {
    let [early, late] = spec.recent_hours;
    let mut since_stop = 0;
    (0..hours.len())
        .map(|i| {
            if i > 0 && hours[i] - hours[i - 1] > spec.stop_hours {
                since_stop = i;
            }
            let from = hours.partition_point(|h| *h < hours[i] - early).max(since_stop);
            let to = hours.partition_point(|h| *h <= hours[i] - late).min(i);
            if to < from + LEAST_BASELINE { i..i } else { from..to }
        })
        .collect()
}

fn recent_medians(
    ranges: &[std::ops::Range<usize>],
    levels: &[f64],
    back: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let of = |(i, range): (usize, &std::ops::Range<usize>)| {
        if range.is_empty() {
            return back(levels[i]);
        }
        back(median(&mut levels[range.clone()].to_vec()))
    };
    ranges.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> ReferenceSpec {
        ReferenceSpec {
            features: vec!["rms".into(), "kurtosis".into()],
            baseline_hours: [1.0, 4.0],
            recent_hours: [4.0, 1.0],
            stop_hours: 1.0,
            least_spread: 0.01,
        }
    }

    /// Three bearings of one channel; the second fails from snapshot 60 on, all step up at 40.
    fn run() -> (Vec<f64>, Vec<[Vec<f64>; 2]>) {
        let hours: Vec<f64> =
            (0..100).map(|i| i as f64 / 6.0 + if i < 40 { 0.0 } else { 9.0 }).collect();
        let channel = |bearing: usize| {
            let noise = |i: usize| 0.02 * (((i * 37 + bearing * 11) % 17) as f64 / 17.0 - 0.5);
            let rms = |i: usize| {
                let restart = if i < 40 { 1.0 } else { 1.2 };
                let fault = if bearing == 1 && i >= 60 { 1.5 } else { 1.0 };
                (0.1 + 0.01 * bearing as f64) * restart * fault * (1.0 + noise(i))
            };
            let kurtosis = |i: usize| 0.3 + noise(i);
            [(0..100).map(rms).collect(), (0..100).map(kurtosis).collect()]
        };
        (hours, (0..3).map(channel).collect())
    }

    fn compare(hours: &[f64], values: &[[Vec<f64>; 2]], end: usize) -> References {
        let names = ["a", "b", "c"];
        let channels: Vec<Channel<'_>> = values
            .iter()
            .zip(names)
            .map(|(values, bearing)| Channel {
                bearing,
                channel: "x",
                values: values.iter().map(|v| &v[..end]).collect(),
            })
            .collect();
        columns(&spec(), &hours[..end], &channels).unwrap()
    }

    #[test]
    fn a_step_of_the_whole_shaft_is_no_change_against_the_shaft() {
        let (hours, values) = run();
        let References { columns: made, start } = compare(&hours, &values, 100);
        assert_eq!(start, 25);
        let of = |bearing: usize, name: &str, i: usize| {
            made[bearing][spec().names().iter().position(|n| n == name).unwrap()][i]
        };
        assert!((of(0, "rms_shaft", 50) - 1.2).abs() < 0.02);
        assert!((of(0, "rms", 50) / of(0, "rms_baseline", 50) - 1.2).abs() < 0.02);
        // Bearing b failed: it leads the others, and they see it as the one that changed most.
        assert!((of(1, "rms_shaft", 80) - 1.2).abs() < 0.02);
        assert!((of(0, "rms_lead", 80) - 1.8).abs() < 0.04);
        assert!(of(0, "rms_baseline", 24).is_nan());
        assert!((of(2, "kurtosis_baseline", 30) - 0.3).abs() < 0.02);
    }

    #[test]
    fn the_recent_past_begins_anew_after_a_stop() {
        let (hours, values) = run();
        let made = compare(&hours, &values, 100).columns;
        let recent = &made[0][3];
        assert_eq!(recent[41], values[0][0][41]);
        assert!((recent[58] / values[0][0][58] - 1.0).abs() < 0.03);
    }

    #[test]
    fn nothing_after_a_snapshot_changes_its_row() {
        let (hours, values) = run();
        let all = compare(&hours, &values, 100).columns;
        for end in [26, 41, 60, 61, 99] {
            let part = compare(&hours, &values, end).columns;
            for (whole, part) in all.iter().flatten().zip(part.iter().flatten()) {
                let same = whole[..end].iter().zip(part).all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(same, "{end}");
            }
        }
    }

    #[test]
    fn what_cannot_be_compared_is_named() {
        let (hours, mut values) = run();
        let short = ReferenceSpec { baseline_hours: [0.0, 0.5], ..spec() };
        let one = |values: &[[Vec<f64>; 2]], spec: &ReferenceSpec| {
            let values = values[0].iter().map(Vec::as_slice).collect();
            columns(spec, &hours, &[Channel { bearing: "a", channel: "x", values }]).unwrap_err()
        };
        assert!(one(&values, &short).to_string().contains("hold 4 snapshots"));
        values[0][0][7] = 0.0;
        let text = one(&values, &spec()).to_string();
        assert!(text.starts_with("rms of bearing a, channel x, snapshot 8 is 0"), "{text}");
    }
}
