//! Names, times and bytes of NASA's files.

use std::fmt::Write as _;

use rand::{Rng, RngExt as _};

use crate::simulate::vibration::FilePlan;

/// Tab between channels, three decimals, CRLF, no header.
pub(super) fn text(channels: &[Vec<f64>]) -> String {
    let rows = channels[0].len();
    let mut text = String::with_capacity(rows * channels.len() * 7);
    for row in 0..rows {
        for (position, channel) in channels.iter().enumerate() {
            if position > 0 {
                text.push('\t');
            }
            thousandths(&mut text, channel[row]);
        }
        text.push_str("\r\n");
    }
    text
}

/// Writes `value` with three decimals; the files know no negative zero.
fn thousandths(text: &mut String, value: f64) {
    let whole = (value * 1000.0).round() as i64;
    let (sign, size) = if whole < 0 { ("-", -whole) } else { ("", whole) };
    // Writing to a string cannot fail.
    let _ = write!(text, "{sign}{}.{:03}", size / 1000, size % 1000);
}

/// When snapshots were taken, in seconds from the first; and the index from which on the rig was louder.
struct Times {
    seconds: Vec<u32>,
    restarted: usize,
}

const HOUR: f64 = 3600.0;

/// The snapshots of a test, one in `every` of them, the last one of the running rig, and all in which it stands
/// still.
pub(super) fn files(
    test: &str,
    standstill: usize,
    every: usize,
    rng: &mut impl Rng,
) -> Vec<FilePlan> {
    let (start, times) = match test {
        "1st_test" => (Stamp { days: 12_347, seconds: 43_584 }, first(rng)),
        "2nd_test" => (Stamp { days: 12_460, seconds: 37_959 }, steady(984, 0.0)),
        _ => (Stamp { days: 12_481, seconds: 34_066 }, steady(6324, 19.25 * HOUR)),
    };
    let louder = rng.random_range(1.15..1.25);
    let count = times.seconds.len();
    (0..count)
        .filter(|&index| index % every == 0 || index + standstill + 1 >= count)
        .map(|index| FilePlan {
            name: start.later(times.seconds[index]).to_string(),
            hours: f64::from(times.seconds[index]) / HOUR,
            stopped: index + standstill >= count,
            gain: if index >= times.restarted { louder } else { 1.0 },
        })
        .collect()
}

/// Test 1: one snapshot, 42 every five minutes, the others every ten, and the long standstills, after the first of
/// which all channels are louder.
fn first(rng: &mut impl Rng) -> Times {
    let mut gaps = vec![(156, 148.4)];
    for hours in [20.5, 34.0, 96.5, 90.6, 82.0] {
        gaps.push((rng.random_range(200..2000), hours));
    }
    let mut seconds = vec![0];
    let mut time = 169_u32;
    for index in 1..2156 {
        seconds.push(time);
        time += if index < 43 { 300 } else { 600 };
        for (at, hours) in &gaps {
            if *at == index {
                time += (hours * HOUR) as u32;
            }
        }
    }
    Times { seconds, restarted: 157 }
}

/// One every ten minutes, with a standstill after a third.
fn steady(count: u32, gap: f64) -> Times {
    let third = count / 3;
    let at = |index| index * 600 + if index > third { gap as u32 } else { 0 };
    Times { seconds: (0..count).map(at).collect(), restarted: usize::MAX }
}

/// A moment as files are named by it.
#[derive(Clone, Copy)]
struct Stamp {
    /// Days from 1970-01-01.
    days: u32,
    /// Seconds of the day.
    seconds: u32,
}

impl Stamp {
    fn later(self, seconds: u32) -> Self {
        let seconds = self.seconds + seconds;
        Self { days: self.days + seconds / 86_400, seconds: seconds % 86_400 }
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut day = self.days;
        let mut year = 1970;
        let leap = |year: u32| {
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
        };
        while day >= 365 + u32::from(leap(year)) {
            day -= 365 + u32::from(leap(year));
            year += 1;
        }
        let mut month = 1;
        for length in [31, 28 + u32::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
            if day < length {
                break;
            }
            day -= length;
            month += 1;
        }
        let (hour, minute, second) =
            (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        write!(f, "{year}.{month:02}.{:02}.{hour:02}.{minute:02}.{second:02}", day + 1)
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_core::Seed;

    use super::*;

    #[test]
    fn tests_begin_and_end_when_the_real_ones_do() {
        for (test, count, first, last) in [
            ("1st_test", 2156, "2003.10.22.12.06.24", "2003.11.2"),
            ("2nd_test", 984, "2004.02.12.10.32.39", "2004.02.19.06.22.39"),
            ("3rd_test", 6324, "2004.03.04.09.27.46", "2004.04.18.02.32.46"),
        ] {
            let files = files(test, 2, 1, &mut Seed(1).rng());
            assert_eq!(files.len(), count);
            assert_eq!(files[0].name, first);
            assert!(files[count - 1].name.starts_with(last), "{}", files[count - 1].name);
        }
    }

    #[test]
    fn numbers_have_three_decimals_and_no_negative_zero() {
        let text = text(&[vec![-0.0492, -0.0001], vec![12.3456, 0.9999]]);
        assert_eq!(text, "-0.049\t12.346\r\n0.000\t1.000\r\n");
    }
}
