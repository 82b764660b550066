//! Marks: small shapes that stand for a participant.

use super::canvas::{Canvas, Pen};
use super::error::PlotError;
use super::look::{Look, WHITE};

const UPRIGHT: [(f64, f64); 4] = [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)];
const TILTED: [(f64, f64); 4] = [(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)];

/// A small shape. The first five are closed and belong to contenders, the rest are open and belong to baselines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A filled circle.
    Disc,
    /// A filled square.
    Square,
    /// A filled triangle on its base.
    Triangle,
    /// A filled square on its corner.
    Diamond,
    /// A filled triangle on its tip.
    Wedge,
    /// Two crossed diagonals.
    Cross,
    /// An empty circle.
    Ring,
    /// Two crossed lines.
    Plus,
    /// An empty square.
    Box,
    /// An empty square on its corner.
    Lozenge,
}

/// Draws the mark of `look` around `(x, y)`, `radius` pixels large, with a white rim that parts it from lines below.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    look: Look,
    (x, y): (f64, f64),
    radius: f64,
) -> Result<(), PlotError> {
    let at = |corners: &[(f64, f64)], grow: f64| -> Vec<(f64, f64)> {
        corners
            .iter()
            .map(|(dx, dy)| (x + dx * (radius + grow), y + dy * (radius + grow)))
            .collect()
    };
    let filled = |corners: &[(f64, f64)]| {
        canvas.fill(&at(corners, 2.0), WHITE)?;
        canvas.fill(&at(corners, 0.0), look.colour)
    };
    let hollow = |corners: &[(f64, f64)]| {
        canvas.fill(&at(corners, 1.0), look.colour)?;
        canvas.fill(&at(corners, -1.0), WHITE)
    };
    let crossed = |lines: [[(f64, f64); 2]; 2]| {
        for (colour, width, grow) in [(WHITE, 5, 1.0), (look.colour, 2, 0.0)] {
            for line in &lines {
                canvas.line(&at(line, grow), Pen { colour, width, dash: None })?;
            }
        }
        Ok(())
    };
    match look.mark {
        Mark::Disc => {
            canvas.disc((x, y), radius + 1.0, WHITE)?;
            canvas.disc((x, y), radius, look.colour)
        }
        Mark::Ring => {
            canvas.disc((x, y), radius + 1.0, look.colour)?;
            canvas.disc((x, y), radius - 1.0, WHITE)
        }
        Mark::Square => filled(&UPRIGHT),
        Mark::Diamond => filled(&TILTED),
        Mark::Box => hollow(&UPRIGHT),
        Mark::Lozenge => hollow(&TILTED),
        Mark::Triangle => filled(&[(0.0, -1.2), (1.2, 0.9), (-1.2, 0.9)]),
        Mark::Wedge => filled(&[(0.0, 1.2), (1.2, -0.9), (-1.2, -0.9)]),
        Mark::Cross => crossed([[(-1.0, -1.0), (1.0, 1.0)], [(-1.0, 1.0), (1.0, -1.0)]]),
        Mark::Plus => crossed([[(-1.3, 0.0), (1.3, 0.0)], [(0.0, -1.3), (0.0, 1.3)]]),
    }
}
