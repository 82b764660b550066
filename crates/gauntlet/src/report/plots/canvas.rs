//! A sheet of pixels: the few shapes our pictures consist of, over the SVG backend of plotters.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontStyle, FontTransform, IntoFont, IntoTextStyle, RGBColor, ShapeStyle,
};

use super::error::PlotError;
use super::look::Dash;

/// Fonts in order of preference; the last is known to every reader of SVG.
const FONTS: &str = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";

/// The backend divides font sizes by this.
const BACKEND_SIZE: f64 = 1.24;

/// A place in pixels from the upper left corner.
pub(super) type Point = (f64, f64);

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    pub(super) colour: RGBColor,
    pub(super) width: u32,
    pub(super) dash: Option<Dash>,
}

impl Pen {
    /// A solid line one pixel wide.
    pub(super) fn thin(colour: RGBColor) -> Self {
        Self { colour, width: 1, dash: None }
    }
}

/// Which part of a text lies at the given place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
    /// The middle, of a text that is read upwards.
    Upwards,
}

/// How a text is set; it is always centred vertically.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: RGBColor,
    pub(super) anchor: Anchor,
}

impl Type {
    /// A text of regular weight.
    pub(super) fn regular(size: f64, colour: RGBColor, anchor: Anchor) -> Self {
        Self { size, bold: false, colour, anchor }
    }

    /// A text of heavy weight.
    pub(super) fn bold(size: f64, colour: RGBColor, anchor: Anchor) -> Self {
        Self { size, bold: true, colour, anchor }
    }
}

/// A sheet to draw on.
pub(super) struct Canvas<'a>(DrawingArea<SVGBackend<'a>, Shift>);

impl<'a> Canvas<'a> {
    /// A white sheet of `size` pixels whose SVG goes into `text`.
    pub(super) fn new(text: &'a mut String, size: (u32, u32)) -> Result<Self, PlotError> {
        let area = SVGBackend::with_string(text, size).into_drawing_area();
        area.fill(&super::look::WHITE)?;
        Ok(Self(area))
    }

    /// Closes the SVG.
    pub(super) fn finish(self) -> Result<(), PlotError> {
        Ok(self.0.present()?)
    }

    /// A line through `points`.
    pub(super) fn line(&self, points: &[Point], pen: Pen) -> Result<(), PlotError> {
        let points = corners(points);
        let style = pen.colour.stroke_width(pen.width);
        match pen.dash {
            None => self.0.draw(&PathElement::new(points, style))?,
            Some((on, off)) => self.0.draw(&DashedPathElement::new(points, on, off, style))?,
        }
        Ok(())
    }

    /// A filled shape with these corners.
    pub(super) fn fill(&self, points: &[Point], colour: RGBColor) -> Result<(), PlotError> {
        let points: Vec<_> = points.iter().map(|p| pixel(*p)).collect();
        Ok(self.0.draw(&Polygon::new(points, colour.filled()))?)
    }

    /// A filled rectangle from its upper left to its lower right corner.
    pub(super) fn rectangle(
        &self,
        from: Point,
        to: Point,
        colour: RGBColor,
    ) -> Result<(), PlotError> {
        Ok(self.0.draw(&Rectangle::new([pixel(from), pixel(to)], colour.filled()))?)
    }

    /// The outline of a rectangle.
    pub(super) fn outline(
        &self,
        from: Point,
        to: Point,
        colour: RGBColor,
    ) -> Result<(), PlotError> {
        Ok(self.0.draw(&Rectangle::new([pixel(from), pixel(to)], ShapeStyle::from(colour)))?)
    }

    /// A filled circle.
    pub(super) fn disc(
        &self,
        centre: Point,
        radius: f64,
        colour: RGBColor,
    ) -> Result<(), PlotError> {
        Ok(self.0.draw(&Circle::new(pixel(centre), radius.round() as u32, colour.filled()))?)
    }

    /// One line of text; control characters, which XML forbids, become spaces.
    pub(super) fn text(&self, text: &str, at: Point, style: Type) -> Result<(), PlotError> {
        let text = text.replace(char::is_control, " ");
        let (across, turn) = match style.anchor {
            Anchor::Left => (HPos::Left, FontTransform::None),
            Anchor::Middle => (HPos::Center, FontTransform::None),
            Anchor::Right => (HPos::Right, FontTransform::None),
            Anchor::Upwards => (HPos::Center, FontTransform::Rotate270),
        };
        let weight = if style.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = (FONTS, style.size * BACKEND_SIZE).into_font().style(weight).transform(turn);
        let style = font.color(&style.colour).into_text_style(&self.0);
        let style = style.pos(Pos::new(across, VPos::Center));
        Ok(self.0.draw(&Text::new(text, pixel(at), style))?)
    }
}

fn pixel((x, y): Point) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}

/// The pixels at which a line turns: those inside a straight horizontal or vertical run are left out.
fn corners(points: &[Point]) -> Vec<(i32, i32)> {
    let mut kept: Vec<(i32, i32)> = Vec::with_capacity(points.len());
    for next in points.iter().map(|p| pixel(*p)) {
        if kept.last() == Some(&next) {
            continue;
        }
        if let [.., before, last] = kept[..] {
            let down = before.0 == last.0 && last.0 == next.0;
            let across = before.1 == last.1 && last.1 == next.1;
            let onwards = (last.0 - before.0) * (next.0 - last.0) >= 0
                && (last.1 - before.1) * (next.1 - last.1) >= 0;
            if (down || across) && onwards {
                kept.pop();
            }
        }
        kept.push(next);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_turns_of_a_line_are_kept() {
        let stairs =
            [(0.0, 9.0), (1.0, 9.0), (1.2, 9.3), (5.0, 9.0), (5.0, 7.0), (5.0, 3.0), (5.0, 4.0)];
        assert_eq!(corners(&stairs), [(0, 9), (5, 9), (5, 3), (5, 4)]);
    }

    #[test]
    fn text_cannot_break_the_markup() {
        let mut svg = String::new();
        let canvas = Canvas::new(&mut svg, (100, 50)).unwrap();
        let style = Type::regular(12.0, super::super::look::INK, Anchor::Left);
        canvas.text("a<b> & \"c\"\u{0}\n", (5.0, 5.0), style).unwrap();
        canvas.finish().unwrap();
        assert!(svg.contains("a&lt;b&gt; &amp; &quot;c&quot;  "), "{svg}");
        assert!(svg.trim_end().ends_with("</svg>"));
    }
}
