//! Small plots as SVG, drawn on the server: readable without a script, and by a screen reader through their title.

use maud::{Markup, html};

use super::format::number;

const WIDTH: f64 = 640.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 70.0;
const ROW: f64 = 22.0;
const TALL: f64 = 260.0;
const MARGIN: f64 = 24.0;

/// A value per name, each on a line of its own: what compares runs.
pub(super) fn dots(title: &str, values: &[(String, f64)]) -> Markup {
    let Some(scale) = Scale::of(values.iter().map(|(_, value)| *value), LEFT, WIDTH - RIGHT) else {
        return html! {};
    };
    #[expect(clippy::cast_precision_loss, reason = "a page has few rows")]
    let y = |index: usize| MARGIN + ROW * index as f64;
    let height = y(values.len()) + MARGIN;
    html! {
        svg role="img" viewBox=(format!("0 0 {WIDTH} {height}")) {
            title { (title) }
            (axis(&scale, height - MARGIN, MARGIN / 2.0))
            @for (index, (name, value)) in values.iter().enumerate() {
                text.name x=(LEFT - 8.0) y=(y(index) + 4.0) { (shorten(name)) }
                line.guide x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y(index)) y2=(y(index)) {}
                @if value.is_finite() {
                    circle cx=(place(scale.at(*value))) cy=(y(index)) r="4" {}
                }
                text.value x=(WIDTH - RIGHT + 8.0) y=(y(index) + 4.0) { (number(*value)) }
            }
        }
    }
}

/// Values over steps: the history of one metric.
pub(super) fn line(title: &str, points: &[(i64, f64)]) -> Markup {
    #[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
    let steps = |step: i64| step as f64;
    let finite = points.iter().filter(|(_, value)| value.is_finite());
    let (Some(across), Some(up)) = (
        Scale::of(finite.clone().map(|(step, _)| steps(*step)), MARGIN * 3.0, WIDTH - MARGIN),
        Scale::of(finite.clone().map(|(_, value)| *value), TALL - MARGIN * 1.5, MARGIN),
    ) else {
        return html! {};
    };
    let path: Vec<String> = finite
        .map(|(step, value)| format!("{},{}", place(across.at(steps(*step))), place(up.at(*value))))
        .collect();
    html! {
        svg role="img" viewBox=(format!("0 0 {WIDTH} {TALL}")) {
            title { (title) }
            (axis(&across, TALL - MARGIN * 1.5, MARGIN))
            @for value in [up.least, up.most] {
                text.name x=(MARGIN * 3.0 - 8.0) y=(up.at(value) + 4.0) { (number(value)) }
            }
            @if let [only] = path.as_slice() {
                @let (x, y) = only.split_once(',').unwrap_or_default();
                circle cx=(x) cy=(y) r="4" {}
            } @else {
                polyline points=(path.join(" ")) {}
            }
        }
    }
}

/// The least and the most of a scale below a line.
fn axis(scale: &Scale, bottom: f64, top: f64) -> Markup {
    html! {
        line.axis x1=(scale.from) x2=(scale.to) y1=(bottom) y2=(bottom) {}
        @for value in [scale.least, scale.most] {
            line.axis x1=(scale.at(value)) x2=(scale.at(value)) y1=(top) y2=(bottom) {}
            text.tick x=(scale.at(value)) y=(bottom + 16.0) { (number(value)) }
        }
    }
}

/// From values to places.
#[derive(Debug)]
struct Scale {
    least: f64,
    most: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// The scale of some values, of which at least one is a number.
    fn of(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Option<Self> {
        let (least, most) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        (least <= most).then_some(Self { least, most, from, to })
    }

    fn at(&self, value: f64) -> f64 {
        let span = self.most - self.least;
        let share = if span > 0.0 { (value - self.least) / span } else { 0.5 };
        self.from + share * (self.to - self.from)
    }
}

fn place(at: f64) -> String {
    format!("{at:.1}")
}

/// The end of a name: runs of one experiment begin alike.
fn shorten(name: &str) -> String {
    const MOST: usize = 24;
    let chars = name.chars().count();
    if chars <= MOST {
        return name.to_owned();
    }
    std::iter::once('…').chain(name.chars().skip(chars - MOST + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_left_and_the_most_right() {
        let scale = Scale::of([1.0, f64::NAN, 3.0, 2.0].into_iter(), 10.0, 30.0).unwrap();
        assert_eq!((scale.at(1.0), scale.at(2.0), scale.at(3.0)), (10.0, 20.0, 30.0));
    }

    #[test]
    fn one_value_stands_in_the_middle_and_none_draws_nothing() {
        let scale = Scale::of([5.0].into_iter(), 0.0, 10.0).unwrap();
        assert_eq!(scale.at(5.0), 5.0);
        assert!(Scale::of([f64::NAN, f64::INFINITY].into_iter(), 0.0, 1.0).is_none());
        assert_eq!(line("m", &[]).into_string(), "");
    }

    #[test]
    fn names_are_escaped_and_shortened() {
        let drawn = dots("t", &[("<script>".into(), 1.0), ("x".repeat(99), 2.0)]).into_string();
        assert!(drawn.contains("&lt;script&gt;") && !drawn.contains("<script>"), "{drawn}");
        assert!(drawn.contains('…'));
    }
}
