//! The legend under precision-recall curves: contenders left, baselines right.

use super::canvas::{Anchor, Canvas, Pen, Type};
use super::error::PlotError;
use super::look::{INK, Look, SOFT};
use super::page::{MARGIN, WIDTH};
use super::steps::Shape;
use super::{mark, wording};

const ROW: f64 = 21.0;
const SIZE: f64 = 13.0;
const SAMPLE: f64 = 40.0;

/// A participant as it is drawn.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) baseline: bool,
    pub(super) look: Look,
    pub(super) shape: Shape,
}

/// Pixels that the legend of `entries` takes.
pub(super) fn legend_height(entries: &[Entry]) -> f64 {
    let baselines = entries.iter().filter(|entry| entry.baseline).count();
    ROW * (1 + baselines.max(entries.len() - baselines)) as f64
}

/// Draws the legend from `top` down.
pub(super) fn legend(canvas: &Canvas<'_>, top: f64, entries: &[Entry]) -> Result<(), PlotError> {
    let columns = [
        ("contenders (solid, closed marks)", false, 64.0),
        ("baselines (broken, open marks)", true, WIDTH / 2.0 + 16.0),
    ];
    let room = WIDTH / 2.0 - 48.0 - SAMPLE - MARGIN;
    for (heading, baseline, left) in columns {
        let mut listed = entries.iter().filter(|entry| entry.baseline == baseline).peekable();
        if listed.peek().is_some() {
            canvas.text(heading, (left, top + ROW / 2.0), Type::bold(SIZE, SOFT, Anchor::Left))?;
        }
        for (i, entry) in listed.enumerate() {
            let y = top + ROW * (i as f64 + 1.5);
            if matches!(entry.shape, Shape::Steps(_)) {
                let pen = Pen { colour: entry.look.colour, width: 2, dash: entry.look.dash };
                canvas.line(&[(left, y), (left + SAMPLE, y)], pen)?;
            }
            mark::draw(canvas, entry.look, (left + SAMPLE / 2.0, y), 4.0)?;
            let name = wording::shorten(&entry.name, SIZE, room);
            canvas.text(
                &name,
                (left + SAMPLE + 10.0, y),
                Type::regular(SIZE, INK, Anchor::Left),
            )?;
        }
    }
    Ok(())
}
