//! Colours, dashes and marks: what tells participants apart.
//!
//! Colours are those of Okabe and Ito without the yellow, which is too faint on white, and with the wine of Paul
//! Tol: eight that stay apart for colour-blind readers. Marks repeat after a different number than
//! colours and dashes do, so that forty contenders and twenty baselines look different.

use plotters::style::RGBColor;

use super::mark::Mark;

/// Titles and values.
pub(super) const INK: RGBColor = RGBColor(0x1A, 0x1A, 0x1A);
/// Axis labels and remarks.
pub(super) const SOFT: RGBColor = RGBColor(0x55, 0x55, 0x55);
/// Axes.
pub(super) const EDGE: RGBColor = RGBColor(0x88, 0x88, 0x88);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(0xE6, 0xE6, 0xE6);
/// The one colour of pictures with one series.
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
/// Paper.
pub(super) const WHITE: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);

const COLOURS: [RGBColor; 8] = [
    BLUE,
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x88, 0x22, 0x55),
    RGBColor(0x00, 0x00, 0x00),
];

const CLOSED: [Mark; 5] = [Mark::Disc, Mark::Square, Mark::Triangle, Mark::Diamond, Mark::Wedge];

const GREYS: [RGBColor; 4] = [
    RGBColor(0x3C, 0x3C, 0x3C),
    RGBColor(0x5C, 0x5C, 0x5C),
    RGBColor(0x78, 0x78, 0x78),
    RGBColor(0x4C, 0x4C, 0x4C),
];
const DASHES: [Dash; 4] = [(9, 5), (3, 4), (13, 7), (5, 9)];
const OPEN: [Mark; 5] = [Mark::Cross, Mark::Ring, Mark::Plus, Mark::Box, Mark::Lozenge];

/// Pixels drawn and pixels left out.
pub(super) type Dash = (u32, u32);

/// How a participant is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// Of lines and marks.
    pub(super) colour: RGBColor,
    /// Of lines; none for solid ones.
    pub(super) dash: Option<Dash>,
    /// At chosen points of a line, or alone.
    pub(super) mark: Mark,
}

/// The look of contender `n`, from 0.
pub(super) fn contender(n: usize) -> Look {
    Look { colour: COLOURS[n % COLOURS.len()], dash: None, mark: CLOSED[n % CLOSED.len()] }
}

/// The look of baseline `n`, from 0.
pub(super) fn baseline(n: usize) -> Look {
    Look {
        colour: GREYS[n % GREYS.len()],
        dash: Some(DASHES[n % DASHES.len()]),
        mark: OPEN[n % OPEN.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_contenders_and_twenty_baselines_look_different() {
        for (look, count) in [(contender as fn(usize) -> Look, 40), (baseline, 20)] {
            for a in 0..count {
                assert!((0..a).all(|b| look(a) != look(b)), "{a}");
            }
        }
    }

    #[test]
    fn baselines_differ_from_contenders_without_colour() {
        for n in 0..40 {
            assert!(contender(n).dash.is_none() && CLOSED.contains(&contender(n).mark));
            assert!(baseline(n).dash.is_some() && !CLOSED.contains(&baseline(n).mark));
        }
    }
}
