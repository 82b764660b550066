//! The four outcomes of a decision at one threshold.

use plotters::style::RGBColor;

use super::canvas::{Anchor, Canvas, Type};
use super::error::PlotError;
use super::look::{BLUE, EDGE, INK, SOFT, WHITE};
use super::page::{MARGIN, page};
use super::wording::{number, percent};

const CELL: (f64, f64) = (236.0, 128.0);
const LEFT: f64 = 176.0;
const HEADING: f64 = 52.0;
const FOOT: f64 = 56.0;
const OUTCOMES: [[&str; 2]; 2] =
    [["left alone", "false alarm"], ["missed failure", "caught failure"]];
const NAMES: [&str; 2] = ["no failure", "failure"];

/// A picture of `[[true negatives, false positives], [false negatives, true positives]]`: counts, and each as a share
/// of its row, which is also its shade.
///
/// # Errors
/// [`PlotError::Empty`] if all counts are zero.
pub(crate) fn confusion(
    title: &str,
    subtitle: &str,
    counts: [[u64; 2]; 2],
) -> Result<String, PlotError> {
    if counts.iter().flatten().all(|&count| count == 0) {
        return Err(PlotError::Empty { plot: "confusion" });
    }
    let counts = counts.map(|row| row.map(|count| count as f64));
    page(title, subtitle, HEADING + 2.0 * CELL.1 + FOOT + MARGIN / 2.0, |canvas, top| {
        let top = top + HEADING;
        headings(canvas, top)?;
        for (i, row) in counts.iter().enumerate() {
            for j in 0..2 {
                let corner = (LEFT + CELL.0 * j as f64, top + CELL.1 * i as f64);
                cell(canvas, corner, row[j], row[0] + row[1], OUTCOMES[i][j])?;
            }
        }
        canvas.outline((LEFT, top), (LEFT + 2.0 * CELL.0, top + 2.0 * CELL.1), EDGE)?;
        sums(canvas, top, counts)
    })
}

fn headings(canvas: &Canvas<'_>, top: f64) -> Result<(), PlotError> {
    let axis = Type::regular(14.0, INK, Anchor::Middle);
    canvas.text("predicted", (LEFT + CELL.0, top - 38.0), axis)?;
    let upwards = Type { anchor: Anchor::Upwards, ..axis };
    canvas.text("actual", (LEFT - 116.0, top + CELL.1), upwards)?;
    for (i, name) in NAMES.into_iter().enumerate() {
        let middle = i as f64 + 0.5;
        let at = (LEFT + CELL.0 * middle, top - 14.0);
        canvas.text(name, at, Type::bold(13.0, SOFT, Anchor::Middle))?;
        let at = (LEFT - 12.0, top + CELL.1 * middle);
        canvas.text(name, at, Type::bold(13.0, SOFT, Anchor::Right))?;
    }
    Ok(())
}

fn cell(
    canvas: &Canvas<'_>,
    (x, y): (f64, f64),
    count: f64,
    row: f64,
    outcome: &str,
) -> Result<(), PlotError> {
    let share = if row > 0.0 { count / row } else { 0.0 };
    canvas.rectangle((x, y), (x + CELL.0, y + CELL.1), shade(share))?;
    canvas.outline((x, y), (x + CELL.0, y + CELL.1), WHITE)?;
    let ink = if share > 0.55 { WHITE } else { INK };
    let middle = (x + CELL.0 / 2.0, y + CELL.1 / 2.0);
    canvas.text(outcome, (middle.0, middle.1 - 38.0), Type::regular(13.0, ink, Anchor::Middle))?;
    canvas.text(&number(count, 0), middle, Type::bold(30.0, ink, Anchor::Middle))?;
    let of_row = format!("{} of the row", percent(count, row));
    canvas.text(&of_row, (middle.0, middle.1 + 36.0), Type::regular(14.0, ink, Anchor::Middle))
}

/// From nearly white to the blue of the other pictures.
fn shade(share: f64) -> RGBColor {
    let strength = 0.06 + 0.94 * share;
    let mix = |paper: u8, ink: u8| {
        (f64::from(paper) + strength * (f64::from(ink) - f64::from(paper))).round() as u8
    };
    RGBColor(mix(WHITE.0, BLUE.0), mix(WHITE.1, BLUE.1), mix(WHITE.2, BLUE.2))
}

fn sums(canvas: &Canvas<'_>, top: f64, counts: [[f64; 2]; 2]) -> Result<(), PlotError> {
    let [[left_alone, false_alarm], [missed, caught]] = counts;
    let (quiet, alarms) = (left_alone + missed, false_alarm + caught);
    let total = |count: f64, what: &str| format!("{} {what}", number(count, 0));
    let line = |lines: [&str; 2], at: (f64, f64), anchor| {
        canvas.text(lines[0], at, Type::regular(13.0, INK, anchor))?;
        canvas.text(lines[1], (at.0, at.1 + 19.0), Type::regular(13.0, SOFT, anchor))
    };
    let right = LEFT + 2.0 * CELL.0 + 14.0;
    let beside = |row: f64| (right, top + CELL.1 * (row + 0.5) - 9.0);
    let healthy = total(left_alone + false_alarm, "without failure");
    let spared = format!("{} left alone", percent(left_alone, left_alone + false_alarm));
    line([&healthy, &spared], beside(0.0), Anchor::Left)?;
    let failing = total(missed + caught, "failures");
    let recall = format!("{} caught (recall)", percent(caught, missed + caught));
    line([&failing, &recall], beside(1.0), Anchor::Left)?;
    let below = |column: f64| (LEFT + CELL.0 * (column + 0.5), top + 2.0 * CELL.1 + 18.0);
    let silent = format!("{} missed", percent(missed, quiet));
    line([&total(quiet, "without alarm"), &silent], below(0.0), Anchor::Middle)?;
    let precision = format!("{} right (precision)", percent(caught, alarms));
    line([&total(alarms, "alarms"), &precision], below(1.0), Anchor::Middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_rows_and_columns_are_written() {
        let svg = confusion("t", "s", [[1895, 37], [10, 58]]).unwrap();
        for text in [
            "1,895",
            "98.1 % of the row",
            "85.3 % of the row",
            "61.1 % right (precision)",
            "68 failures",
        ] {
            assert!(svg.contains(text), "{text}");
        }
        assert_eq!(svg, confusion("t", "s", [[1895, 37], [10, 58]]).unwrap());
    }

    #[test]
    fn rows_and_columns_without_counts_have_no_percentage() {
        let svg = confusion("t", "s", [[10, 0], [0, 0]]).unwrap();
        assert!(svg.contains("– of the row") && svg.contains("– right (precision)"));
        assert!(matches!(confusion("t", "s", [[0; 2]; 2]), Err(PlotError::Empty { .. })));
    }

    #[test]
    fn shades_run_from_nearly_white_to_blue() {
        assert_eq!(shade(1.0), BLUE);
        assert!(shade(0.0).0 > 230 && shade(0.5).0 < shade(0.4).0);
    }
}
