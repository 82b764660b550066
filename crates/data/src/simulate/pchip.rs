//! Monotone piecewise cubic interpolation (Fritsch and Carlson; slopes as in Fritsch and Butland).

/// A smooth curve through knots that has no bumps between them.
#[derive(Debug)]
pub(super) struct Pchip<'a> {
    knots: &'a [(f64, f64)],
    slopes: Vec<f64>,
}

impl<'a> Pchip<'a> {
    /// The curve through `knots`: at least three, ascending in x.
    pub(super) fn new(knots: &'a [(f64, f64)]) -> Self {
        let secants: Vec<(f64, f64)> = knots
            .windows(2)
            .map(|pair| (pair[1].0 - pair[0].0, (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)))
            .collect();
        let last = secants.len() - 1;
        let mut slopes = vec![end_slope(secants[0], secants[1])];
        slopes.extend(secants.windows(2).map(|pair| inner_slope(pair[0], pair[1])));
        slopes.push(end_slope(secants[last], secants[last - 1]));
        Self { knots, slopes }
    }

    /// The curve at `x`; beyond the outer knots it is flat.
    pub(super) fn at(&self, x: f64) -> f64 {
        let (first, last) = (self.knots[0], self.knots[self.knots.len() - 1]);
        if x <= first.0 {
            return first.1;
        }
        if x >= last.0 {
            return last.1;
        }
        let right = self.knots.partition_point(|knot| knot.0 <= x);
        let ((x0, y0), (x1, y1)) = (self.knots[right - 1], self.knots[right]);
        let width = x1 - x0;
        let t = (x - x0) / width;
        let (d0, d1) = (self.slopes[right - 1] * width, self.slopes[right] * width);
        let (t2, t3) = (t * t, t * t * t);
        y0 * (2.0 * t3 - 3.0 * t2 + 1.0)
            + d0 * (t3 - 2.0 * t2 + t)
            + y1 * (3.0 * t2 - 2.0 * t3)
            + d1 * (t3 - t2)
    }
}

/// The weighted harmonic mean of the two secants, or 0 at an extremum.
fn inner_slope((h0, d0): (f64, f64), (h1, d1): (f64, f64)) -> f64 {
    if d0 * d1 <= 0.0 {
        return 0.0;
    }
    let (w0, w1) = (2.0 * h1 + h0, h1 + 2.0 * h0);
    (w0 + w1) / (w0 / d0 + w1 / d1)
}

/// The three-point slope at an end, kept from overshooting.
fn end_slope((h0, d0): (f64, f64), (h1, d1): (f64, f64)) -> f64 {
    let slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
    if slope * d0 <= 0.0 {
        0.0
    } else if d0 * d1 < 0.0 && slope.abs() > 3.0 * d0.abs() {
        3.0 * d0
    } else {
        slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_slopes_worked_out_by_hand() {
        let curve = Pchip::new(&[(0.0, 0.0), (1.0, 1.0), (3.0, 2.0), (4.0, 6.0)]);
        let (s0, s1, s2, s3) = (7.0 / 6.0, 9.0 / 13.0, 36.0 / 37.0, 31.0 / 6.0);
        for (x, y) in [
            (0.5, 0.5 + (s0 - s1) / 8.0),
            (2.0, 1.5 + (s1 - s2) / 4.0),
            (3.5, 4.0 + (s2 - s3) / 8.0),
        ] {
            assert!((curve.at(x) - y).abs() < 1e-12, "{x}: {} is not {y}", curve.at(x));
        }
    }

    #[test]
    fn passes_through_its_knots_and_falls_where_they_fall() {
        let knots = [(5.0, 2850.0), (11.0, 2665.0), (13.0, 2535.0), (75.0, 1269.0)];
        let curve = Pchip::new(&knots);
        for (x, y) in knots {
            assert!((curve.at(x) - y).abs() < 1e-9);
        }
        let along: Vec<f64> = (50..=750).map(|x| curve.at(f64::from(x) / 10.0)).collect();
        assert!(along.is_sorted_by(|a, b| a >= b));
        assert_eq!((curve.at(0.0), curve.at(99.0)), (2850.0, 1269.0));
    }
}
