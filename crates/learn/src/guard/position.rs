//! Columns that are made from the row's position: cycles and ramps, which no machine sends.

use super::Finding;

/// Rows that are looked at.
const ROWS: usize = 5_000;
/// Rows below which a cycle means nothing.
const FEWEST: usize = 60;
/// Share of rows that have to repeat.
const REPEATED: f64 = 0.995;
/// Share of neighbours that have to differ: a reading that hardly moves repeats itself at any distance.
const MOVING: f64 = 0.2;

/// A column whose value follows from the row's position (L2 of the taxonomy): it repeats itself exactly after some
/// number of rows, or climbs by the same step from row to row.
///
/// Readings of a machine do neither. Tables that somebody filled in do, and a model learns the rhythm of the file.
#[must_use]
pub fn row_position(name: &str, values: &[f64]) -> Option<Finding> {
    let values = &values[..values.len().min(ROWS)];
    let rows = values.len();
    if rows < FEWEST {
        return None;
    }
    let moving = values.windows(2).filter(|pair| pair[0] != pair[1]).count();
    if (moving as f64) < MOVING * rows as f64 {
        return None;
    }
    let evidence = ramp(values).or_else(|| cycle(values))?;
    Some(Finding::new("row_position", vec![name.to_owned()], evidence))
}

/// The same step from row to row.
fn ramp(values: &[f64]) -> Option<String> {
    let step = values[1] - values[0];
    let near = |pair: &[f64]| (pair[1] - pair[0] - step).abs() <= 1e-9 * step.abs();
    let alike = values.windows(2).filter(|pair| near(pair)).count();
    let share = alike as f64 / (values.len() - 1) as f64;
    (step != 0.0 && share >= REPEATED).then(|| {
        format!(
            "it changes by {step} from row to row in {alike} of {} rows: it counts rows",
            values.len() - 1
        )
    })
}

/// The shortest distance at which values repeat.
fn cycle(values: &[f64]) -> Option<String> {
    let rows = values.len();
    (2..=rows / 3).find_map(|period| {
        let pairs = rows - period;
        let most = ((1.0 - REPEATED) * pairs as f64) as usize;
        let mut unlike = 0;
        for row in 0..pairs {
            unlike += usize::from(values[row] != values[row + period]);
            if unlike > most {
                return None;
            }
        }
        Some(format!(
            "its value in a row is that of {period} rows before in {} of {pairs} rows: it follows from the row's \
             position, not from a machine",
            pairs - unlike
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Seed;
    use rand::RngExt;

    #[test]
    fn cycles_and_ramps_are_found_with_their_length() {
        let cycle: Vec<f64> = (0..500).map(|row| f64::from(110 + row % 10)).collect();
        let finding = row_position("Voltage", &cycle).unwrap();
        assert!(finding.evidence.contains("10 rows before in 490 of 490"), "{}", finding.evidence);
        let ramp: Vec<f64> = (0..500).map(f64::from).collect();
        assert!(row_position("index", &ramp).unwrap().evidence.contains("counts rows"));
    }

    #[test]
    fn readings_and_what_hardly_moves_are_not() {
        let mut rng = Seed(3).rng();
        let noise: Vec<f64> = (0..900).map(|_| (rng.random::<f64>() * 8.0).round()).collect();
        assert_eq!(row_position("noise", &noise), None);
        let sine: Vec<f64> =
            (0..900).map(|row| (f64::from(row) / 7.0).sin() + noise[row as usize] / 50.0).collect();
        assert_eq!(row_position("sine", &sine), None);
        let valve: Vec<f64> = (0..900).map(|row| f64::from(row / 100 % 2)).collect();
        assert_eq!(row_position("valve", &valve), None);
        assert_eq!(row_position("short", &[1.0, 2.0, 1.0, 2.0]), None);
    }
}
