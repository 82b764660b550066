//! Participants side by side in one metric, each with its interval.

use super::axis::{Axis, Scale, Tick, round_ticks};
use super::canvas::{Anchor, Canvas, Pen, Type};
use super::error::{PlotError, within};
use super::frame::LABEL;
use super::look::{BLUE, EDGE, GRID, INK, Look, SOFT};
use super::mark::{self, Mark};
use super::page::{MARGIN, WIDTH, page};
use super::wording;

const ROW: f64 = 30.0;
const SIZE: f64 = 13.0;
/// Pixels above the first row, for the headings of the columns.
const HEADING: f64 = 26.0;
/// Pixels below the last row, for numbers and name of the axis and for the key.
const BELOW: f64 = 92.0;
const LONGEST_NAME: f64 = 300.0;

const CONTENDER: Look = Look { colour: BLUE, dash: None, mark: Mark::Disc };
const BASELINE: Look = Look { colour: SOFT, dash: Some((4, 3)), mark: Mark::Ring };

/// One participant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The participant.
    pub(crate) name: String,
    /// Its metric.
    pub(crate) value: f64,
    /// Lower end of the interval.
    pub(crate) low: f64,
    /// Upper end of the interval.
    pub(crate) high: f64,
    /// Whether it is a baseline rather than a contender.
    pub(crate) baseline: bool,
}

/// A picture of `rows` from top to bottom.
///
/// # Errors
/// [`PlotError`] without rows, for numbers that are not finite, and for intervals the wrong way round.
pub(crate) fn comparison(
    title: &str,
    subtitle: &str,
    metric_name: &str,
    rows: &[Row],
) -> Result<String, PlotError> {
    for row in rows {
        let finite = (f64::MIN, f64::MAX);
        within(&row.name, "the metric", row.value, finite)?;
        within(&row.name, "the lower end", row.low, finite)?;
        within(&row.name, "the upper end", row.high, finite)?;
        if row.low > row.high {
            let (name, low, high) = (row.name.clone(), row.low, row.high);
            return Err(PlotError::Interval { name, low, high });
        }
    }
    if rows.is_empty() {
        return Err(PlotError::Empty { plot: "comparison" });
    }
    let least = rows.iter().map(|row| row.low.min(row.value)).fold(f64::INFINITY, f64::min);
    let most = rows.iter().map(|row| row.high.max(row.value)).fold(f64::NEG_INFINITY, f64::max);
    let ticks = round_ticks(least, most, 6);
    let decimals = decimals(most - least);
    let height = ROW * rows.len() as f64;
    page(title, subtitle, HEADING + height + BELOW, |canvas, top| {
        let top = top + HEADING;
        let columns = Columns::new(rows, &ticks, decimals);
        grid(canvas, &columns.axis, &ticks, metric_name, (top, top + height))?;
        for (i, row) in rows.iter().enumerate() {
            line(canvas, &columns, row, top + ROW * (i as f64 + 0.5))?;
        }
        key(canvas, &columns.axis, top + height + BELOW - 24.0)
    })
}

/// Decimals that tell values apart which lie within `span`.
fn decimals(span: f64) -> usize {
    match span {
        s if s < 10.0 => 3,
        s if s < 100.0 => 2,
        s if s < 1000.0 => 1,
        _ => 0,
    }
}

fn interval(row: &Row, decimals: usize) -> String {
    let number = |value| wording::number(value, decimals);
    format!("[{}, {}]", number(row.low), number(row.high))
}

/// Where the columns of the picture lie: names, axis, values, intervals.
struct Columns {
    axis: Axis,
    /// Right edge of the values; that of the intervals is the margin.
    values: f64,
    decimals: usize,
}

impl Columns {
    fn new(rows: &[Row], ticks: &[Tick], decimals: usize) -> Self {
        let widest = |text: &dyn Fn(&Row) -> String, bold| {
            rows.iter().map(|row| wording::width(&text(row), SIZE, bold)).fold(0.0, f64::max)
        };
        let names = widest(&|row| row.name.clone(), false).min(LONGEST_NAME);
        let numbers = widest(&|row| wording::number(row.value, decimals), true);
        let values = WIDTH - MARGIN - widest(&|row| interval(row, decimals), false) - 10.0;
        let (low, high) =
            ticks.first().zip(ticks.last()).map_or((0.0, 1.0), |(a, b)| (a.value, b.value));
        let from = MARGIN + names + 20.0;
        let to = (values - numbers - 24.0).max(from + 120.0);
        Self { axis: Axis { scale: Scale::Linear, low, high, from, to }, values, decimals }
    }
}

fn grid(
    canvas: &Canvas<'_>,
    axis: &Axis,
    ticks: &[Tick],
    metric_name: &str,
    (top, bottom): (f64, f64),
) -> Result<(), PlotError> {
    let number = Type::regular(LABEL, SOFT, Anchor::Middle);
    // Every other number is left out where they would touch.
    let widest = ticks.iter().map(|t| wording::width(&t.label, LABEL, false)).fold(0.0, f64::max);
    let apart = (axis.to - axis.from) / (ticks.len() as f64 - 1.0).max(1.0);
    let every = ((widest + 10.0) / apart).ceil().max(1.0) as usize;
    for (i, tick) in ticks.iter().enumerate() {
        let x = axis.at(tick.value);
        canvas.line(&[(x, top), (x, bottom + 4.0)], Pen::thin(GRID))?;
        if i.is_multiple_of(every) {
            canvas.text(&tick.label, (x, bottom + 15.0), number)?;
        }
    }
    canvas.line(&[(axis.from, bottom), (axis.to, bottom)], Pen::thin(EDGE))?;
    let middle = (axis.from + axis.to) / 2.0;
    canvas.text(metric_name, (middle, bottom + 40.0), Type::regular(14.0, INK, Anchor::Middle))?;
    let heading = format!("{metric_name} [interval]");
    canvas.text(&heading, (WIDTH - MARGIN, top - 14.0), Type::bold(LABEL, SOFT, Anchor::Right))
}

fn line(canvas: &Canvas<'_>, columns: &Columns, row: &Row, y: f64) -> Result<(), PlotError> {
    let axis = &columns.axis;
    let (look, ink) = if row.baseline { (BASELINE, SOFT) } else { (CONTENDER, INK) };
    let name = wording::shorten(&row.name, SIZE, LONGEST_NAME);
    canvas.text(&name, (axis.from - 14.0, y), Type::regular(SIZE, ink, Anchor::Right))?;
    whisker(canvas, look, (axis.at(row.low), axis.at(row.high)), y)?;
    mark::draw(canvas, look, (axis.at(row.value), y), 5.0)?;
    let value = wording::number(row.value, columns.decimals);
    canvas.text(&value, (columns.values, y), Type::bold(SIZE, ink, Anchor::Right))?;
    let interval = interval(row, columns.decimals);
    canvas.text(&interval, (WIDTH - MARGIN, y), Type::regular(SIZE, SOFT, Anchor::Right))
}

fn whisker(
    canvas: &Canvas<'_>,
    look: Look,
    (low, high): (f64, f64),
    y: f64,
) -> Result<(), PlotError> {
    let pen = Pen { colour: look.colour, width: 2, dash: None };
    canvas.line(&[(low, y), (high, y)], Pen { dash: look.dash, ..pen })?;
    for end in [low, high] {
        canvas.line(&[(end, y - 5.0), (end, y + 5.0)], pen)?;
    }
    Ok(())
}

fn key(canvas: &Canvas<'_>, axis: &Axis, y: f64) -> Result<(), PlotError> {
    let middle = (axis.from + axis.to) / 2.0;
    for (look, what, left) in
        [(CONTENDER, "contender", middle - 150.0), (BASELINE, "baseline", middle + 20.0)]
    {
        whisker(canvas, look, (left, left + 40.0), y)?;
        mark::draw(canvas, look, (left + 20.0, y), 5.0)?;
        canvas.text(what, (left + 50.0, y), Type::regular(SIZE, SOFT, Anchor::Left))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn rows_keep_their_order_and_carry_their_numbers() {
        let rows = samples::rows();
        let svg = comparison("t", "s", "PR-AUC", &rows).unwrap();
        let places: Vec<_> = rows.iter().map(|row| svg.find(&row.name).unwrap()).collect();
        assert!(places.is_sorted());
        assert!(rows.iter().all(|row| svg.contains(&interval(row, 3))));
        assert_eq!(svg, comparison("t", "s", "PR-AUC", &rows).unwrap());
    }

    #[test]
    fn a_baseline_is_a_ring_and_a_contender_a_disc() {
        let row = |baseline| {
            let row = Row { name: "it".to_owned(), value: 0.5, low: 0.4, high: 0.6, baseline };
            comparison("t", "s", "PR-AUC", &[row]).unwrap()
        };
        assert_ne!(row(true), row(false));
        assert!(row(true).matches("<polyline").count() > row(false).matches("<polyline").count());
    }

    #[test]
    fn costs_in_thousands_have_no_decimals() {
        let row = Row {
            name: "it".to_owned(),
            value: 12_400.0,
            low: 9_000.0,
            high: 15_000.0,
            baseline: false,
        };
        let svg = comparison("t", "s", "cost", &[row]).unwrap();
        assert!(svg.contains("12,400") && svg.contains("[9,000, 15,000]"));
    }

    #[test]
    fn bad_numbers_are_named() {
        let row =
            |value, low, high| Row { name: "rf".to_owned(), value, low, high, baseline: false };
        let draw = |row| comparison("t", "s", "PR-AUC", &[row]).unwrap_err();
        assert!(draw(row(f64::NAN, 0.1, 0.2)).to_string().starts_with("the metric of `rf` is NaN"));
        assert!(
            matches!(draw(row(0.5, 0.6, 0.4)), PlotError::Interval { name, .. } if name == "rf")
        );
        assert!(matches!(comparison("t", "s", "m", &[]), Err(PlotError::Empty { .. })));
    }
}
