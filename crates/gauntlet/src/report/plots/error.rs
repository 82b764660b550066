//! Why a picture cannot be drawn.

use plotters::drawing::DrawingAreaErrorKind;

/// What is wrong with the numbers of a picture, or with drawing it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlotError {
    /// Nothing to draw.
    #[error("`{plot}` has nothing to draw; give it at least one item with rows")]
    Empty {
        /// The picture.
        plot: &'static str,
    },
    /// A curve without points.
    #[error("the curve of `{name}` has no points")]
    EmptyCurve {
        /// The participant.
        name: String,
    },
    /// A number that has no place on an axis.
    #[error("{what} of `{name}` is {value}; give a number from {low} to {high}")]
    OutOfRange {
        /// The participant or bin.
        name: String,
        /// The number's name.
        what: &'static str,
        /// The number.
        value: f64,
        /// Smallest number allowed.
        low: f64,
        /// Largest number allowed.
        high: f64,
    },
    /// An interval whose ends are the wrong way round.
    #[error("the interval of `{name}` goes from {low} to {high}; give the lower end first")]
    Interval {
        /// The participant.
        name: String,
        /// Its lower end.
        low: f64,
        /// Its upper end.
        high: f64,
    },
    /// The drawing library refused.
    #[error("the picture cannot be drawn")]
    Draw(#[from] DrawingAreaErrorKind<std::io::Error>),
    /// A text that is no SVG.
    #[error("the text to turn into a bitmap is not an SVG")]
    Svg(#[from] resvg::usvg::Error),
    /// A bitmap that cannot be made.
    #[error("a bitmap of {width} x {height} pixels cannot be made: {reason}")]
    Bitmap {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// What went wrong.
        reason: String,
    },
}

/// `value`, if it is a number from `low` to `high`.
pub(super) fn within(
    name: &str,
    what: &'static str,
    value: f64,
    (low, high): (f64, f64),
) -> Result<f64, PlotError> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(PlotError::OutOfRange { name: name.to_owned(), what, value, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_off_the_axis_are_refused_by_name() {
        assert!(within("a", "recall", 1.0, (0.0, 1.0)).is_ok());
        for value in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
            let message = within("a", "recall", value, (0.0, 1.0)).unwrap_err().to_string();
            assert!(message.starts_with("recall of `a` is "), "{message}");
        }
        assert!(within("a", "value", f64::INFINITY, (f64::MIN, f64::MAX)).is_err());
    }
}
