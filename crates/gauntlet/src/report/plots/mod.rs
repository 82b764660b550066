//! Pictures of a report, from plain numbers to the text of an SVG.
//!
//! Nothing here reads a file, a clock or a font, so the same numbers give the same bytes on every machine. The
//! layout is ours rather than that of a charting library: text is measured with a table of widths, which keeps
//! labels apart without a font, and [`plotters`] only writes the shapes. Colour never carries a meaning alone:
//! contenders have solid lines and closed marks, baselines have broken lines and open ones.

mod axis;
mod canvas;
mod comparison;
mod confusion;
mod error;
mod frame;
mod look;
mod mark;
mod page;
mod panels;
mod png;
mod pr_curves;
mod pr_legend;
mod reliability;
mod steps;
mod wording;

#[cfg(test)]
mod samples;

pub(crate) use comparison::{Row, comparison};
pub(crate) use confusion::confusion;
pub(crate) use panels::{Line, Panel, panels};
pub(crate) use png::to_png;
pub(crate) use pr_curves::{Curve, pr_curves};
pub(crate) use reliability::{Bin, reliability};
