//! Axes: from numbers to pixels, and the numbers written beside them.

use super::wording::number;

/// How numbers are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// Evenly.
    Linear,
    /// By their square root, which gives small shares more room and still has a zero.
    Root,
}

/// An axis: the numbers from `low` to `high` between two pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Axis {
    /// The pixel of `value`; numbers beyond an end lie at that end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Root => ((value - self.low).max(0.0) / (self.high - self.low)).sqrt(),
        };
        self.from + place.clamp(0.0, 1.0) * (self.to - self.from)
    }
}

/// A number beside an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// Round numbers around `low` to `high` in about `wanted` steps of 1, 2 or 5 times a power of ten; the first and the
/// last are the ends of the axis.
pub(super) fn round_ticks(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let span = if high > low { high - low } else { low.abs().max(1.0) * 0.1 };
    let rough = span / wanted.max(1) as f64;
    let power = rough.log10().floor();
    let unit = 10_f64.powf(power);
    let (factor, power) = match rough / unit {
        f if f <= 1.0 => (1.0, power),
        f if f <= 2.0 => (2.0, power),
        f if f <= 5.0 => (5.0, power),
        _ => (1.0, power + 1.0),
    };
    let step = factor * 10_f64.powf(power);
    let decimals = (-power).clamp(0.0, 12.0) as usize;
    let (first, last) =
        ((low / step).floor(), (high / step).ceil().max((low / step).floor() + 1.0));
    let count = (last - first) as usize;
    (0..=count)
        .map(|i| (first + i as f64) * step)
        .map(|value| Tick { value, label: number(value, decimals) })
        .collect()
}

/// Shares from 0 to a round number of at least `most`, far enough apart for a square-root axis of `length` pixels.
pub(super) fn root_ticks(most: f64, length: f64) -> Vec<Tick> {
    const TOPS: [f64; 7] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
    const SHARES: [f64; 17] = [
        0.0, 0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6,
        0.8, 1.0,
    ];
    const APART: f64 = 36.0;
    let top = TOPS.into_iter().find(|top| *top >= most).unwrap_or(1.0);
    let place = |share: f64| (share / top).sqrt() * length;
    let mut kept: Vec<f64> = Vec::new();
    for share in SHARES.into_iter().filter(|share| *share < top) {
        let free = kept.last().is_none_or(|last| place(share) - place(*last) >= APART);
        if free && length - place(share) >= APART {
            kept.push(share);
        }
    }
    kept.push(top);
    kept.into_iter().map(|value| Tick { value, label: value.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_enclose_the_numbers() {
        assert_eq!(labels(&round_ticks(0.31, 0.96, 6)), ["0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(
            labels(&round_ticks(-1200.0, 4100.0, 4)),
            ["−2,000", "0", "2,000", "4,000", "6,000"]
        );
        for (low, high) in [(0.5, 0.5), (0.0, 0.0), (1e-9, 2e-9), (-3.0, 1e6), (1e12, 1e12 + 1.0)] {
            let ticks = round_ticks(low, high, 6);
            assert!(ticks[0].value <= low && ticks[ticks.len() - 1].value >= high, "{low} {high}");
            assert!((2..=12).contains(&ticks.len()), "{low} {high}: {}", ticks.len());
        }
    }

    #[test]
    fn root_ticks_stay_apart_and_reach_the_top() {
        for most in [0.0, 0.004, 0.03, 0.31, 0.97] {
            let ticks = root_ticks(most, 480.0);
            let top = ticks[ticks.len() - 1].value;
            assert!(top >= most && ticks[0].value == 0.0);
            let axis = Axis { scale: Scale::Root, low: 0.0, high: top, from: 0.0, to: 480.0 };
            assert!(ticks.windows(2).all(|t| axis.at(t[1].value) - axis.at(t[0].value) >= 36.0));
        }
    }

    #[test]
    fn an_axis_keeps_numbers_inside_and_can_run_upwards() {
        let up = Axis { scale: Scale::Linear, low: 0.0, high: 1.0, from: 500.0, to: 100.0 };
        assert_eq!([up.at(0.25), up.at(-1.0), up.at(2.0)], [400.0, 500.0, 100.0]);
        let root = Axis { scale: Scale::Root, low: 0.0, high: 1.0, from: 0.0, to: 100.0 };
        assert_eq!([root.at(0.25), root.at(-1.0)], [50.0, 0.0]);
    }
}
