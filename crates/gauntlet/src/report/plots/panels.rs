//! Panels of lines over a common kind of axis, such as an indicator over hours with its threshold and alarms.

use super::axis::{Axis, Scale, round_ticks};
use super::canvas::{Anchor, Canvas, Pen, Type};
use super::error::{PlotError, within};
use super::frame::{LABEL, Side, frame};
use super::look::{EDGE, INK, SOFT, contender};
use super::page::{MARGIN, WIDTH, page};
use super::wording;

const CHART: f64 = 230.0;
const HEAD: f64 = 26.0;
const BELOW: f64 = 66.0;
const LEGEND: f64 = 20.0;

/// One panel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Panel {
    pub(crate) name: String,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) lines: Vec<Line>,
    /// Areas behind the lines, such as an interval: lower and upper end over x.
    pub(crate) bands: Vec<Vec<(f64, f64, f64)>>,
    /// Heights that mean something, with their names.
    pub(crate) levels: Vec<(f64, String)>,
    /// Places along x that mean something, with their names.
    pub(crate) places: Vec<(f64, String)>,
    /// Values above, and those below as far under zero, are drawn at the edge.
    pub(crate) most: Option<f64>,
}

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
    /// Drawn broken: a baseline, or a truth.
    pub(crate) broken: bool,
}

/// Draws the panels one below the other.
///
/// # Errors
/// No panels, a panel without points, or a number that is not finite.
pub(crate) fn panels(title: &str, subtitle: &str, panels: &[Panel]) -> Result<String, PlotError> {
    if panels.is_empty() {
        return Err(PlotError::Empty { plot: "panels" });
    }
    let all: f64 = panels.iter().map(height).sum();
    page(title, subtitle, all + MARGIN, |canvas, top| {
        let mut y = top;
        for panel in panels {
            draw(canvas, panel, y)?;
            y += height(panel);
        }
        Ok(())
    })
}

fn height(panel: &Panel) -> f64 {
    HEAD + CHART + BELOW + LEGEND * panel.lines.len().div_ceil(3) as f64
}

fn draw(canvas: &Canvas<'_>, panel: &Panel, top: f64) -> Result<(), PlotError> {
    let (x, y) = ranges(panel)?;
    let x_ticks = round_ticks(x.0, x.1, 8);
    let y_ticks = round_ticks(y.0, y.1, 5);
    let ends = |ticks: &[super::axis::Tick]| (ticks[0].value, ticks[ticks.len() - 1].value);
    let ((x_low, x_high), (y_low, y_high)) = (ends(&x_ticks), ends(&y_ticks));
    let scale = Scale::Linear;
    let upper = top + HEAD;
    let x = Axis { scale, low: x_low, high: x_high, from: 88.0, to: WIDTH - 40.0 };
    let y = Axis { scale, low: y_low, high: y_high, from: upper + CHART, to: upper };
    canvas.text(&panel.name, (MARGIN, top + 10.0), Type::bold(14.0, INK, Anchor::Left))?;
    let side = |axis, ticks, name| Side { axis, ticks, name };
    frame(canvas, &side(x, &x_ticks, &panel.x), &side(y, &y_ticks, &panel.y))?;
    for band in &panel.bands {
        let ahead = band.iter().map(|(at, low, _)| (x.at(*at), y.at(*low)));
        let back = band.iter().rev().map(|(at, _, high)| (x.at(*at), y.at(*high)));
        let outline: Vec<_> = ahead.chain(back).collect();
        canvas.fill(&outline, plotters::style::RGBColor(0xD6, 0xE8, 0xF3))?;
    }
    for (i, line) in panel.lines.iter().enumerate() {
        let points: Vec<_> = line.points.iter().map(|(a, b)| (x.at(*a), y.at(*b))).collect();
        let dash = line.broken.then_some((6, 4));
        canvas.line(&points, Pen { colour: contender(i).colour, width: 1, dash })?;
    }
    for (level, name) in &panel.levels {
        let at = y.at(*level);
        canvas
            .line(&[(x.from, at), (x.to, at)], Pen { colour: INK, width: 1, dash: Some((2, 3)) })?;
        canvas.text(name, (x.to - 4.0, at - 9.0), Type::regular(LABEL, SOFT, Anchor::Right))?;
    }
    for (i, (place, name)) in panel.places.iter().enumerate() {
        let at = x.at(*place);
        canvas.line(
            &[(at, y.from), (at, y.to)],
            Pen { colour: EDGE, width: 1, dash: Some((4, 3)) },
        )?;
        // Names of places near one another stand below one another, and on the side that has room.
        let height = y.to + 12.0 + 15.0 * (i % 6) as f64;
        let (anchor, beside) =
            if at > (x.from + x.to) / 2.0 { (Anchor::Right, -5.0) } else { (Anchor::Left, 5.0) };
        canvas.text(name, (at + beside, height), Type::regular(LABEL, INK, anchor))?;
    }
    legend(canvas, panel, upper + CHART + BELOW - 6.0)
}

fn legend(canvas: &Canvas<'_>, panel: &Panel, top: f64) -> Result<(), PlotError> {
    let room = (WIDTH - 88.0 - MARGIN) / 3.0;
    for (i, line) in panel.lines.iter().enumerate() {
        let (x, y) = (88.0 + room * (i % 3) as f64, top + LEGEND * (i / 3) as f64);
        let dash = line.broken.then_some((6, 4));
        canvas
            .line(&[(x, y), (x + 26.0, y)], Pen { colour: contender(i).colour, width: 2, dash })?;
        let name = wording::shorten(&line.name, LABEL, room - 40.0);
        canvas.text(&name, (x + 32.0, y), Type::regular(LABEL, INK, Anchor::Left))?;
    }
    Ok(())
}

/// Lowest and highest.
type Range = (f64, f64);

/// The ranges of both axes over everything that is drawn.
fn ranges(panel: &Panel) -> Result<(Range, Range), PlotError> {
    let (mut x, mut y) = ((f64::MAX, f64::MIN), (f64::MAX, f64::MIN));
    let grow = |range: &mut (f64, f64), value: f64| {
        range.0 = range.0.min(value);
        range.1 = range.1.max(value);
    };
    let all = (f64::MIN, f64::MAX);
    for line in &panel.lines {
        for (a, b) in &line.points {
            grow(&mut x, within(&line.name, "the place", *a, all)?);
            grow(&mut y, within(&line.name, "the value", *b, all)?);
        }
    }
    for (a, low, high) in panel.bands.iter().flatten() {
        grow(&mut x, within(&panel.name, "the place", *a, all)?);
        grow(&mut y, within(&panel.name, "the lower end", *low, all)?);
        grow(&mut y, within(&panel.name, "the upper end", *high, all)?);
    }
    if x.0 > x.1 {
        return Err(PlotError::EmptyCurve { name: panel.name.clone() });
    }
    for (level, _) in &panel.levels {
        grow(&mut y, *level);
    }
    if let Some(most) = panel.most {
        y = (y.0.clamp(-most.abs(), most), y.1.min(most));
    }
    Ok((x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        let points = (0..50).map(|i| (f64::from(i), f64::from(i * i))).collect();
        Panel {
            name: "run 1".into(),
            x: "hours".into(),
            y: "indicator".into(),
            lines: vec![Line { name: "bearing 1".into(), points, broken: false }],
            levels: vec![(100.0, "threshold".into())],
            places: vec![(12.0, "alarm".into())],
            ..Panel::default()
        }
    }

    #[test]
    fn everything_is_named_and_the_bytes_repeat() {
        let svg = panels("t", "simulated data", &[panel(), panel()]).unwrap();
        for word in ["run 1", "hours", "indicator", "bearing 1", "threshold", "alarm"] {
            assert_eq!(svg.matches(word).count() % 2, 0, "{word}");
            assert!(svg.contains(word), "{word}");
        }
        assert_eq!(svg, panels("t", "simulated data", &[panel(), panel()]).unwrap());
    }

    #[test]
    fn nothing_to_draw_and_odd_numbers_are_refused() {
        assert!(panels("t", "s", &[]).is_err());
        assert!(panels("t", "s", &[Panel::default()]).is_err());
        let mut odd = panel();
        odd.lines[0].points[3].1 = f64::NAN;
        assert!(panels("t", "s", &[odd]).is_err());
    }
}
