//! Reliability: how often what is scored `p` happens.
//!
//! Both axes are square roots, because failures are rare: on even axes all bins but the last lie on the origin. A
//! table beside the chart gives the numbers, which no labels could do where points coincide.

use super::axis::{Axis, Scale, root_ticks};
use super::canvas::{Anchor, Canvas, Pen, Type};
use super::error::{PlotError, within};
use super::frame::{LABEL, Side, frame};
use super::look::{BLUE, EDGE, GRID, INK, SOFT, WHITE};
use super::page::{MARGIN, WIDTH, page};
use super::wording;

/// Length of either axis in pixels.
const CHART: f64 = 450.0;
/// Radius in pixels of the point with most rows.
const LARGEST: f64 = 7.5;
const ROW: f64 = 24.0;
/// Right edges of the columns of the table.
const COLUMNS: [(&str, f64); 3] =
    [("rows", 660.0), ("mean score", 752.0), ("observed", WIDTH - MARGIN)];

/// Rows with similar scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bin {
    /// How many there are.
    pub(crate) rows: f64,
    /// Their mean score, from 0 to 1.
    pub(crate) score: f64,
    /// The share of them that is positive.
    pub(crate) observed: f64,
}

/// A picture of `bins` against the diagonal on which scores are probabilities. Bins without rows are left out.
///
/// # Errors
/// [`PlotError`] if no bin has rows, and for shares outside 0 to 1.
pub(crate) fn reliability(title: &str, subtitle: &str, bins: &[Bin]) -> Result<String, PlotError> {
    let mut filled = Vec::with_capacity(bins.len());
    for (i, bin) in bins.iter().enumerate() {
        let name = format!("bin {}", i + 1);
        if within(&name, "the count of rows", bin.rows, (0.0, f64::MAX))? > 0.0 {
            within(&name, "the mean score", bin.score, (0.0, 1.0))?;
            within(&name, "the observed share", bin.observed, (0.0, 1.0))?;
            filled.push(*bin);
        }
    }
    filled.sort_by(|a, b| a.score.total_cmp(&b.score).then(a.observed.total_cmp(&b.observed)));
    let most = filled.iter().map(|bin| bin.rows).fold(0.0, f64::max);
    if filled.is_empty() {
        return Err(PlotError::Empty { plot: "reliability" });
    }
    let radius = |bin: &Bin| (LARGEST * (bin.rows / most).sqrt()).max(3.0);
    let table = ROW * (filled.len() as f64 + 1.0) + 64.0;
    page(title, subtitle, (CHART + 62.0 + MARGIN / 2.0).max(table + MARGIN), |canvas, top| {
        chart(canvas, top, &filled, radius)?;
        listing(canvas, top, &filled, radius)
    })
}

fn chart(
    canvas: &Canvas<'_>,
    top: f64,
    bins: &[Bin],
    radius: impl Fn(&Bin) -> f64,
) -> Result<(), PlotError> {
    let largest = bins.iter().map(|bin| bin.score.max(bin.observed)).fold(0.0, f64::max);
    let ticks = root_ticks(largest, CHART);
    let high = ticks.last().map_or(1.0, |tick| tick.value);
    let x = Axis { scale: Scale::Root, low: 0.0, high, from: 92.0, to: 92.0 + CHART };
    let y = Axis { from: top + CHART, to: top, ..x };
    let side = |axis, name| Side { axis, ticks: &ticks, name };
    let x_side = side(x, "mean score of the bin (square-root scale)");
    frame(canvas, &x_side, &side(y, "observed share of failures (square-root scale)"))?;
    let diagonal = [(x.from, y.from), (x.to, y.to)];
    canvas.line(&diagonal, Pen { colour: EDGE, width: 1, dash: Some((6, 4)) })?;
    let points: Vec<_> = bins.iter().map(|bin| (x.at(bin.score), y.at(bin.observed))).collect();
    canvas.line(&points, Pen { colour: BLUE, width: 1, dash: None })?;
    for (bin, point) in bins.iter().zip(points) {
        canvas.disc(point, radius(bin) + 1.0, WHITE)?;
        canvas.disc(point, radius(bin), BLUE)?;
    }
    Ok(())
}

fn listing(
    canvas: &Canvas<'_>,
    top: f64,
    bins: &[Bin],
    radius: impl Fn(&Bin) -> f64,
) -> Result<(), PlotError> {
    let left = COLUMNS[0].1 - 64.0;
    for (heading, right) in COLUMNS {
        canvas.text(heading, (right, top + ROW / 2.0), Type::bold(LABEL, SOFT, Anchor::Right))?;
    }
    let number = Type::regular(LABEL, INK, Anchor::Right);
    for (i, bin) in bins.iter().enumerate() {
        let line = top + ROW * (i as f64 + 1.0);
        canvas.line(&[(left - 12.0, line), (WIDTH - MARGIN, line)], Pen::thin(GRID))?;
        let y = line + ROW / 2.0;
        canvas.disc((left, y), radius(bin), BLUE)?;
        let cells =
            [wording::number(bin.rows, 0), wording::share(bin.score), wording::share(bin.observed)];
        for (cell, (_, right)) in cells.iter().zip(COLUMNS) {
            canvas.text(cell, (right, y), number)?;
        }
    }
    let note = Type::regular(LABEL, SOFT, Anchor::Left);
    let below = top + ROW * (bins.len() as f64 + 1.0) + 24.0;
    canvas.text("area of a point: rows of the bin", (left - 12.0, below), note)?;
    canvas.text("broken line: score = observed share", (left - 12.0, below + 20.0), note)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn bins_are_listed_with_their_numbers_and_the_bytes_repeat() {
        let bins = samples::bins();
        let svg = reliability("t", "s", &bins).unwrap();
        assert!(bins.iter().all(|bin| svg.contains(&wording::share(bin.score))));
        assert!(svg.contains("square-root scale"));
        assert_eq!(svg, reliability("t", "s", &bins).unwrap());
    }

    #[test]
    fn empty_bins_are_left_out_even_if_their_means_are_not_numbers() {
        let empty = Bin { rows: 0.0, score: f64::NAN, observed: f64::NAN };
        let full = Bin { rows: 5.0, score: 0.2, observed: 0.4 };
        let svg = reliability("t", "s", &[empty, full]).unwrap();
        assert_eq!(svg, reliability("t", "s", &[full]).unwrap());
        assert!(matches!(reliability("t", "s", &[empty]), Err(PlotError::Empty { .. })));
    }

    #[test]
    fn a_share_that_is_none_is_named() {
        let bad = Bin { rows: 5.0, score: 1.2, observed: 0.4 };
        let message = reliability("t", "s", &[bad]).unwrap_err().to_string();
        assert_eq!(message, "the mean score of `bin 1` is 1.2; give a number from 0 to 1");
    }
}
