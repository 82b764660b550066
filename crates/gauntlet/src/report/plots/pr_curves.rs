//! Precision-recall curves of all participants.

use super::axis::{Axis, Scale, round_ticks};
use super::canvas::{Anchor, Canvas, Pen, Type};
use super::error::{PlotError, within};
use super::frame::{LABEL, Side, frame};
use super::look::{EDGE, Look, SOFT, baseline, contender};
use super::page::{MARGIN, WIDTH, page};
use super::pr_legend::{Entry, legend, legend_height};
use super::steps::{Shape, precision_at, shape};
use super::{mark, wording};

/// Height of the chart itself in pixels.
const CHART: f64 = 450.0;
/// Pixels between the chart and the legend, for numbers and name of the axis.
const BELOW: f64 = 70.0;
/// Marks on a line, at recalls that differ between lines so that they do not hide each other.
const MARKS: usize = 4;

/// The curve of one participant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    /// The participant.
    pub(crate) name: String,
    /// Recall and precision at each threshold, both from 0 to 1, in any order.
    pub(crate) points: Vec<(f64, f64)>,
    /// Whether it is a baseline rather than a contender.
    pub(crate) baseline: bool,
}

/// A picture of `curves`, in the given order, with the share of positive rows as a thin line.
///
/// A participant that can make only one decision, such as a rule, is drawn as a mark without a line.
///
/// # Errors
/// [`PlotError`] without curves, for a curve without points, and for numbers outside 0 to 1.
pub(crate) fn pr_curves(
    title: &str,
    subtitle: &str,
    prevalence: f64,
    curves: &[Curve],
) -> Result<String, PlotError> {
    within("the test rows", "the prevalence", prevalence, (0.0, 1.0))?;
    if curves.is_empty() {
        return Err(PlotError::Empty { plot: "precision-recall curves" });
    }
    let entries = entries(prevalence, curves)?;
    let body = CHART + BELOW + legend_height(&entries) + MARGIN;
    page(title, subtitle, body, |canvas, top| {
        let x = Axis { scale: Scale::Linear, low: 0.0, high: 1.0, from: 88.0, to: WIDTH - 110.0 };
        let y = Axis { from: top + CHART, to: top, ..x };
        let ticks = round_ticks(0.0, 1.0, 5);
        let side = |axis, name| Side { axis, ticks: &ticks, name };
        frame(canvas, &side(x, "recall"), &side(y, "precision"))?;
        prevalence_line(canvas, (&x, &y), prevalence)?;
        // Baselines lie at the back, the first participant in front.
        for back in [true, false] {
            for (i, entry) in entries.iter().enumerate().rev().filter(|(_, e)| e.baseline == back) {
                let offset = (i as f64 + 0.5) / entries.len() as f64;
                draw(canvas, (&x, &y), entry.look, &entry.shape, offset)?;
            }
        }
        legend(canvas, top + CHART + BELOW, &entries)
    })
}

fn entries(prevalence: f64, curves: &[Curve]) -> Result<Vec<Entry>, PlotError> {
    let (mut contenders, mut baselines) = (0, 0);
    let mut entries = Vec::with_capacity(curves.len());
    for curve in curves {
        for (recall, precision) in &curve.points {
            within(&curve.name, "the recall", *recall, (0.0, 1.0))?;
            within(&curve.name, "the precision", *precision, (0.0, 1.0))?;
        }
        let shape = shape(&curve.points, prevalence)
            .ok_or_else(|| PlotError::EmptyCurve { name: curve.name.clone() })?;
        let (count, look) = if curve.baseline {
            (&mut baselines, baseline as fn(usize) -> Look)
        } else {
            (&mut contenders, contender as fn(usize) -> Look)
        };
        let (name, baseline) = (curve.name.clone(), curve.baseline);
        entries.push(Entry { name, baseline, look: look(*count), shape });
        *count += 1;
    }
    Ok(entries)
}

fn prevalence_line(
    canvas: &Canvas<'_>,
    (x, y): (&Axis, &Axis),
    prevalence: f64,
) -> Result<(), PlotError> {
    let at = y.at(prevalence);
    canvas.line(&[(x.from, at), (x.to, at)], Pen { colour: EDGE, width: 1, dash: Some((2, 2)) })?;
    let style = Type::regular(LABEL, SOFT, Anchor::Left);
    // Two lines beside the chart, kept clear of the numbers below it and of the heading above.
    let middle = at.clamp(y.to + 10.0, y.from - 12.0);
    canvas.text("prevalence", (x.to + 12.0, middle - 8.0), style)?;
    canvas.text(&wording::percent(prevalence, 1.0), (x.to + 12.0, middle + 8.0), style)
}

fn draw(
    canvas: &Canvas<'_>,
    (x, y): (&Axis, &Axis),
    look: Look,
    shape: &Shape,
    offset: f64,
) -> Result<(), PlotError> {
    let at = |recall: f64, precision: f64| (x.at(recall), y.at(precision));
    match shape {
        Shape::Single((recall, precision)) => {
            mark::draw(canvas, look, at(*recall, *precision), 6.0)
        }
        Shape::Steps(steps) => {
            let points: Vec<_> = steps.iter().map(|(r, p)| at(*r, *p)).collect();
            canvas.line(&points, Pen { colour: look.colour, width: 2, dash: look.dash })?;
            for i in 0..MARKS {
                let recall = (i as f64 + offset) / MARKS as f64;
                if let Some(precision) = precision_at(steps, recall) {
                    mark::draw(canvas, look, at(recall, precision), 4.0)?;
                }
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn every_participant_is_named_and_the_bytes_repeat() {
        let curves = samples::curves();
        let svg = pr_curves("title", "simulated data", 0.034, &curves).unwrap();
        assert!(curves.iter().all(|curve| svg.contains(&curve.name)));
        assert!(svg.contains("3.4 %") && svg.contains("simulated data"));
        assert_eq!(svg, pr_curves("title", "simulated data", 0.034, &curves).unwrap());
    }

    #[test]
    fn a_contender_is_one_line_and_a_baseline_is_broken() {
        let lines = |baseline| {
            let points = vec![(0.5, 0.9), (0.8, 0.6), (1.0, 0.1)];
            let curve = Curve { name: "it".to_owned(), points, baseline };
            let svg = pr_curves("t", "s", 0.1, &[curve]).unwrap();
            svg.matches("stroke-width=\"2\"").count()
        };
        assert!(lines(false) < 4, "{}", lines(false));
        assert!(lines(true) > 20, "{}", lines(true));
    }

    #[test]
    fn bad_numbers_are_named() {
        let curve = |points| Curve { name: "rf_raw".to_owned(), points, baseline: false };
        let error = pr_curves("t", "s", 0.1, &[curve(vec![(0.5, f64::NAN)])]).unwrap_err();
        assert!(error.to_string().starts_with("the precision of `rf_raw` is NaN"));
        let error = pr_curves("t", "s", 0.1, &[curve(vec![])]).unwrap_err();
        assert!(matches!(error, PlotError::EmptyCurve { name } if name == "rf_raw"));
        assert!(matches!(pr_curves("t", "s", 0.1, &[]), Err(PlotError::Empty { .. })));
        assert!(pr_curves("t", "s", f64::NAN, &[curve(vec![(0.5, 0.5)])]).is_err());
    }
}
