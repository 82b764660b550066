//! The frame of a chart: grid, numbers and names of both axes.

use super::axis::{Axis, Tick};
use super::canvas::{Anchor, Canvas, Pen, Type};
use super::error::PlotError;
use super::look::{EDGE, GRID, INK, SOFT};

/// Size of axis labels in pixels.
pub(super) const LABEL: f64 = 12.5;

/// One axis with what is written beside it.
pub(super) struct Side<'a> {
    pub(super) axis: Axis,
    pub(super) ticks: &'a [Tick],
    pub(super) name: &'a str,
}

/// Draws the frame around the rectangle that the two axes span.
pub(super) fn frame(canvas: &Canvas<'_>, x: &Side<'_>, y: &Side<'_>) -> Result<(), PlotError> {
    let (left, right) = (x.axis.from, x.axis.to);
    let (bottom, top) = (y.axis.from, y.axis.to);
    let number = |anchor| Type::regular(LABEL, SOFT, anchor);
    for tick in x.ticks {
        let at = x.axis.at(tick.value);
        canvas.line(&[(at, top), (at, bottom + 4.0)], Pen::thin(GRID))?;
        canvas.text(&tick.label, (at, bottom + 17.0), number(Anchor::Middle))?;
    }
    for tick in y.ticks {
        let at = y.axis.at(tick.value);
        canvas.line(&[(left - 4.0, at), (right, at)], Pen::thin(GRID))?;
        canvas.text(&tick.label, (left - 9.0, at), number(Anchor::Right))?;
    }
    canvas.line(&[(left, top), (left, bottom), (right, bottom)], Pen::thin(EDGE))?;
    let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
    canvas.text(x.name, (middle.0, bottom + 40.0), Type::regular(14.0, INK, Anchor::Middle))?;
    canvas.text(y.name, (left - 54.0, middle.1), Type::regular(14.0, INK, Anchor::Upwards))
}
