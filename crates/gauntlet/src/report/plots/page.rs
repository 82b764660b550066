//! The page around a picture: its title, its subtitle and what a screen reader says.

use super::canvas::{Anchor, Canvas, Type};
use super::error::PlotError;
use super::look::{INK, SOFT};
use super::wording::wrap;

/// Width of every picture in pixels.
pub(super) const WIDTH: f64 = 860.0;

/// Pixels kept free at the left and right edge.
pub(super) const MARGIN: f64 = 24.0;

const TITLE: f64 = 20.0;
const SUBTITLE: f64 = 14.0;
const LEADING: f64 = 1.35;

/// A page with a heading over a body of `body` pixels, which `paint` draws from the given height down.
pub(super) fn page(
    title: &str,
    subtitle: &str,
    body: f64,
    paint: impl FnOnce(&Canvas<'_>, f64) -> Result<(), PlotError>,
) -> Result<String, PlotError> {
    let room = WIDTH - 2.0 * MARGIN;
    let blocks = [
        (wrap(title, TITLE, true, room), Type::bold(TITLE, INK, Anchor::Left)),
        (wrap(subtitle, SUBTITLE, true, room), Type::bold(SUBTITLE, SOFT, Anchor::Left)),
    ];
    let heading: f64 =
        blocks.iter().map(|(lines, style)| style.size * LEADING * lines.len() as f64).sum();
    let top = MARGIN + heading + 18.0;
    let mut svg = String::new();
    let canvas = Canvas::new(&mut svg, (WIDTH as u32, (top + body).ceil() as u32))?;
    let mut y = MARGIN;
    for (lines, style) in blocks {
        for line in lines {
            canvas.text(&line, (MARGIN, y + style.size * LEADING / 2.0), style)?;
            y += style.size * LEADING;
        }
    }
    paint(&canvas, top)?;
    canvas.finish()?;
    Ok(described(&svg, title, subtitle))
}

/// The SVG with its title and description as elements of their own.
fn described(svg: &str, title: &str, subtitle: &str) -> String {
    let (opening, rest) = svg.split_once(">\n").unwrap_or((svg, ""));
    let (title, subtitle) = (escaped(title), escaped(subtitle));
    format!("{opening} role=\"img\">\n<title>{title}</title>\n<desc>{subtitle}</desc>\n{rest}")
}

fn escaped(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_its_title_and_grows_with_its_subtitle() {
        let height = |svg: &str| -> u32 {
            let rest = svg.split_once("height=\"").unwrap().1;
            rest.split_once('"').unwrap().0.parse().unwrap()
        };
        let short = page("a & b", "simulated data", 100.0, |_, _| Ok(())).unwrap();
        assert!(short.contains("<title>a &amp; b</title>\n<desc>simulated data</desc>"));
        let long = page("a & b", &"simulated data ".repeat(20), 100.0, |_, _| Ok(())).unwrap();
        assert!(height(&long) > height(&short));
    }
}
