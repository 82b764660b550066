//! A straight line through points that arrive one after the other.

/// Running sums of a least-squares line; the first point is the origin, so long lives lose no digits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    origin: Option<(f64, f64)>,
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Line {
    /// The line through all points.
    pub(super) fn through(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut line = Self::default();
        points.into_iter().for_each(|(x, y)| line.push(x, y));
        line
    }

    pub(super) fn push(&mut self, x: f64, y: f64) {
        let (x0, y0) = *self.origin.get_or_insert((x, y));
        let (x, y) = (x - x0, y - y0);
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    /// Squared distances of the points from their mean along x.
    pub(super) fn spread(&self) -> f64 {
        (self.xx - self.x * self.x / self.n.max(1.0)).max(0.0)
    }

    /// Rise per unit of x; 0 of fewer than two points.
    pub(super) fn slope(&self) -> f64 {
        let spread = self.spread();
        if self.n < 2.0 || spread == 0.0 {
            return 0.0;
        }
        (self.xy - self.x * self.y / self.n) / spread
    }

    /// Mean squared distance of the points from the line along y; 0 of fewer than three points.
    pub(super) fn noise(&self) -> f64 {
        if self.n < 3.0 {
            return 0.0;
        }
        let total = self.yy - self.y * self.y / self.n;
        ((total - self.slope().powi(2) * self.spread()) / (self.n - 2.0)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_and_noise_are_those_of_least_squares() {
        let line = Line::through([(100.0, 1.0), (101.0, 3.0), (102.0, 2.0), (103.0, 6.0)]);
        // x̄ = 1.5, ȳ = 3: Sxy = 7, Sxx = 5, Syy = 14.
        assert!((line.slope() - 1.4).abs() < 1e-12);
        assert!((line.noise() - (14.0 - 1.4 * 7.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn few_points_have_no_slope() {
        assert_eq!(Line::default().slope(), 0.0);
        assert_eq!(Line::through([(5.0, 7.0)]).slope(), 0.0);
        assert_eq!(Line::through([(5.0, 7.0), (6.0, 9.0)]).noise(), 0.0);
    }
}
