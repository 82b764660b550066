//! PRONOSTIA's own habits: the time of day stands in the rows, and a thermometer writes files of its own.

use super::find::FoundFile;
use super::problem::SnapshotProblem;
use super::samples::Samples;

const DAY: f64 = 86_400.0;

/// Seconds from one snapshot to the next, where clocks do not tell.
const EVERY: f64 = 10.0;

/// Seconds after the start of a file of temperatures for which it speaks: it covers one minute, the last one less.
const COVERED: f64 = 120.0;

/// The time of day in seconds of the first row of a snapshot: hour, minute, second, microsecond.
///
/// # Errors
/// Fewer columns, or numbers that are no time.
pub(super) fn time_of_day(samples: &Samples) -> Result<f64, SnapshotProblem> {
    let row = samples.first_row();
    let [hour, minute, second, micro, ..] = row[..] else {
        return Err(SnapshotProblem::NoSuchColumn { column: 4, found: row.len() });
    };
    if (0.0..24.0).contains(&hour) && (0.0..60.0).contains(&minute) && (0.0..60.0).contains(&second)
    {
        Ok(hour * 3600.0 + minute * 60.0 + second + micro * 1e-6)
    } else {
        Err(SnapshotProblem::Time { hour, minute, second })
    }
}

/// Seconds from the first of `clocks` to each, across midnights; and how many clocks did not move on, which are
/// taken to be one interval later.
pub(super) fn elapsed(clocks: &[f64]) -> (Vec<f64>, usize) {
    let mut times = Vec::with_capacity(clocks.len());
    let (mut time, mut stuck) = (0.0, 0);
    for (position, &clock) in clocks.iter().enumerate() {
        if position > 0 {
            let step = forward(clocks[position - 1], clock);
            stuck += usize::from(step <= 0.0);
            time += if step > 0.0 { step } else { EVERY };
        }
        times.push(time);
    }
    (times, stuck)
}

/// Seconds from one time of day to another that is less than half a day away, either way.
fn forward(from: f64, to: f64) -> f64 {
    (to - from + DAY / 2.0).rem_euclid(DAY) - DAY / 2.0
}

/// Mean temperature by time of day.
#[derive(Debug)]
pub(super) struct Thermometer {
    means: Vec<(f64, f64)>,
}

impl Thermometer {
    /// Reads `files`; those that cannot be read are named in the second value.
    pub(super) fn read(files: &[FoundFile]) -> (Self, Vec<String>) {
        let (mut means, mut unread) = (Vec::new(), Vec::new());
        for file in files {
            match mean(file) {
                Some(mean) => means.push(mean),
                None => unread.push(file.relative.clone()),
            }
        }
        (Self { means }, unread)
    }

    /// The mean temperature at each of `clocks`, NaN where no file speaks of it.
    pub(super) fn at(&self, clocks: &[f64]) -> Vec<f64> {
        let before = |clock: f64| {
            let since = self.means.iter().map(|&(start, mean)| (forward(start, clock), mean));
            let covered = since.filter(|(since, _)| (0.0..COVERED).contains(since));
            covered.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(f64::NAN, |(_, mean)| mean)
        };
        clocks.iter().map(|&clock| before(clock)).collect()
    }
}

/// Start and mean of one file of temperatures, whose last column is the temperature.
fn mean(file: &FoundFile) -> Option<(f64, f64)> {
    let samples = Samples::parse(&fs_err::read(&file.path).ok()?, false).ok()?;
    let column = samples.column(samples.first_row().len()).ok()?;
    let start = time_of_day(&samples).ok()?.floor();
    Some((start, column.iter().sum::<f64>() / column.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_go_on_over_midnight_and_stuck_ones_are_counted() {
        let (times, stuck) = elapsed(&[DAY - 15.0, DAY - 5.0, 5.0, 5.0, 25.0]);
        assert_eq!(times, [0.0, 10.0, 20.0, 30.0, 50.0]);
        assert_eq!(stuck, 1);
    }

    #[test]
    fn the_clock_is_read_from_the_first_row() {
        let samples = Samples::parse(b"8;40;25;1.5004e+05;0.6;0.1\n", false).unwrap();
        assert_eq!(time_of_day(&samples).unwrap(), 31_225.150_04);
        let wrong = Samples::parse(b"25,0,0,0,1,1\n", false).unwrap();
        assert!(time_of_day(&wrong).is_err());
        assert!(time_of_day(&Samples::parse(b"1,2\n", false).unwrap()).is_err());
    }

    #[test]
    fn a_temperature_holds_until_the_next_file() {
        let thermometer = Thermometer { means: vec![(0.0, 60.0), (60.0, 62.0)] };
        let found = thermometer.at(&[5.0, 61.0, 500.0]);
        assert_eq!(found[..2], [60.0, 62.0]);
        assert!(found[2].is_nan());
    }
}
