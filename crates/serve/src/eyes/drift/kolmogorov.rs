//! The Kolmogorov-Smirnov distance of a window from a reference, and how likely chance makes it.

use super::sketch::Sketch;

/// The distance of `sorted` window codes, missing ones first, from the reference: 0 to 1.
///
/// The reference is known at its knots only. There F(x-) is at most `below` and F(x) at least `upto`, so
/// what is returned is never more than the true distance, whatever lies between the knots and however
/// many values are equal. For a reference that lists every value it is the true distance.
pub(crate) fn distance(sorted: &[f32], sketch: &Sketch) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "windows are short")]
    let share = |count: usize| count as f64 / sorted.len() as f64;
    let missing = sorted.partition_point(|v| v.is_nan());
    let present = &sorted[missing..];
    // A missing value counts as one below all others.
    let start = (sketch.missing() - share(missing)).max(0.0);
    sketch.knots().iter().fold(start, |worst, knot| {
        let before = share(missing + present.partition_point(|v| *v < knot.value));
        let through = share(missing + present.partition_point(|v| *v <= knot.value));
        worst.max(before - knot.below).max(knot.upto - through)
    })
}

/// The chance of a distance of at least `distance` between `rows` independent rows and where they come from.
///
/// Kolmogorov's limit with the correction of Stephens (1970) for few rows; conservative where values are
/// equal.
pub(crate) fn p_value(distance: f64, rows: f64) -> f64 {
    if distance <= 0.0 || rows <= 0.0 {
        return 1.0;
    }
    let root = rows.sqrt();
    survival(distance * (root + 0.12 + 0.11 / root))
}

/// 1 minus the Kolmogorov distribution.
fn survival(x: f64) -> f64 {
    if x < 0.2 {
        // Smaller than 1 by less than 1e-12, and the series below converges slowly.
        return 1.0;
    }
    let mut sum = 0.0;
    let mut sign = 1.0;
    for k in 1..=100_u32 {
        let term = (-2.0 * f64::from(k * k) * x * x).exp();
        sum += sign * term;
        sign = -sign;
        if term < 1e-17 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_the_tables() {
        for (x, p) in [(1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01), (0.8276, 0.5)] {
            assert!((survival(x) - p).abs() < 2e-4, "{x}: {}", survival(x));
        }
        assert_eq!(survival(0.1), 1.0);
        // Smirnov's table for ten rows: 0.409 at five per cent.
        assert!((p_value(0.409, 10.0) - 0.05).abs() < 0.003, "{}", p_value(0.409, 10.0));
    }

    #[test]
    fn the_distance_of_a_window_from_evenly_spread_knots_is_that_of_its_steps() {
        let quantiles: Vec<f64> = (0..=40).map(f64::from).collect();
        let sketch = Sketch::of_quantiles(&quantiles, 1_000, 0).unwrap();
        let window: Vec<f32> = (0..=40_u8).map(f32::from).collect();
        assert!(distance(&window, &sketch) < 0.025);
        assert_eq!(distance(&[50.0; 10], &sketch), 1.0);
        assert_eq!(distance(&[-1.0; 10], &sketch), 1.0);
        assert!((distance(&[19.5; 10], &sketch) - 0.5125).abs() < 0.0126);
    }

    #[test]
    fn missing_values_count_as_lying_below_all_others() {
        let quantiles: Vec<f64> = (0..=40).map(f64::from).collect();
        let half = Sketch::of_quantiles(&quantiles, 1_000, 500).unwrap();
        let mut window = vec![f32::NAN; 41];
        window.extend((0..=40_u8).map(f32::from));
        assert!(distance(&window, &half) < 0.02, "{}", distance(&window, &half));
        assert!((distance(&window[41..], &half) - 0.5).abs() < 1e-12);
        let none = Sketch::of_quantiles(&quantiles, 1_000, 0).unwrap();
        assert!(distance(&window, &none) > 0.48);
    }
}
