//! The population stability index of a window: sum of (w - r) ln(w / r) over bins, w and r being the shares of
//! window and reference.
//!
//! Bins are the reference's tenths for numbers, one per text for texts (at most [`MAX_BINS`], the rest
//! together), and one for missing values. Half a row is added to every bin on both sides (Jeffreys), so an
//! empty bin counts as rare and not as impossible. The usual reading is: below 0.1 alike, above 0.25
//! changed; but without any change it is about `noise` (Yurdakul and Naranjo 2020: chi-square distributed,
//! times 1/n + 1/m), which short or dependent windows easily have.

use super::sketch::Sketch;

/// Bins of texts, or of numbers that take few values.
const MAX_BINS: usize = 64;

/// Bins of numbers.
const TENTHS: f64 = 10.0;

/// An index and what it would be by chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Psi {
    pub(crate) value: f64,
    /// Its expectation if nothing changed, given how many independent rows the window is worth.
    pub(crate) noise: f64,
}

/// The index of `sorted` window codes, missing ones first, worth `effective` independent rows.
pub(crate) fn index(sorted: &[f32], effective: f64, sketch: &Sketch) -> Psi {
    let edges = edges(sketch);
    let missing = sorted.partition_point(|v| v.is_nan());
    let present = &sorted[missing..];
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    let (window, reference) = (sorted.len() as f64, sketch.rows() as f64);
    // Missing, up to each edge, and beyond the last.
    #[expect(clippy::cast_precision_loss, reason = "bins are few")]
    let bins = (edges.len() + 2) as f64;
    let (mut value, mut used) = (0.0, 0.0);
    let (mut seen, mut known) = (0, 0.0);
    let steps = std::iter::once((missing, sketch.missing()))
        .chain(
            edges
                .iter()
                .map(|edge| (missing + present.partition_point(|v| *v <= edge.value), edge.upto)),
        )
        .chain(std::iter::once((sorted.len(), 1.0)));
    for (through, upto) in steps {
        #[expect(clippy::cast_precision_loss, reason = "windows are short")]
        let found = (through - seen) as f64;
        let expected = (upto - known) * reference;
        (seen, known) = (through, upto);
        if found > 0.0 || expected > 0.5 {
            used += 1.0;
        }
        let w = (found + 0.5) / (window + 0.5 * bins);
        let r = (expected.max(0.0) + 0.5) / (reference + 0.5 * bins);
        value += (w - r) * (w / r).ln();
    }
    let noise = f64::max(used - 1.0, 0.0) * (1.0 / effective.max(1.0) + 1.0 / reference);
    Psi { value, noise }
}

/// Upper edges of the bins but the last.
fn edges(sketch: &Sketch) -> Vec<super::sketch::Knot> {
    let knots = sketch.knots();
    if sketch.lists_values() && knots.len() <= MAX_BINS {
        return knots.to_vec();
    }
    let mut edges = Vec::new();
    let mut next = 1.0;
    for knot in knots {
        let level = (knot.upto - sketch.missing()) / (1.0 - sketch.missing());
        // A rounding error must not move an edge to the next knot.
        if level + 1e-9 >= next / TENTHS && level < 1.0 {
            edges.push(*knot);
            next = (level * TENTHS + 1e-9).floor() + 1.0;
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniform() -> Sketch {
        let quantiles: Vec<f64> = (0..=40).map(|i| f64::from(i) * 25.0).collect();
        Sketch::of_quantiles(&quantiles, 10_000, 0).unwrap()
    }

    #[test]
    fn numbers_fall_into_tenths() {
        let edges: Vec<f32> = edges(&uniform()).iter().map(|knot| knot.value).collect();
        assert_eq!(edges, [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0]);
    }

    #[test]
    fn the_same_distribution_has_an_index_near_zero_and_another_a_large_one() {
        let same: Vec<f32> = (0..1_000_u16).map(f32::from).collect();
        let psi = index(&same, 1_000.0, &uniform());
        assert!(psi.value < 0.002, "{psi:?}");
        assert!((psi.noise - 9.0 * (0.001 + 0.0001)).abs() < 1e-12, "{psi:?}");
        let upper: Vec<f32> = (500..1_000_u16).map(f32::from).collect();
        assert!(index(&upper, 500.0, &uniform()).value > 1.0);
    }

    #[test]
    fn the_index_of_two_texts_is_that_of_the_formula() {
        let sketch = Sketch::of_counts([(0.0, 700), (1.0, 300)], 0).unwrap();
        let window: Vec<f32> = [vec![0.0; 50], vec![1.0; 50]].concat();
        let (w, r) = ([0.5, 50.5, 50.5, 0.5], [0.5, 700.5, 300.5, 0.5]);
        let expected: f64 = w
            .iter()
            .zip(r)
            .map(|(w, r)| (w / 102.0, r / 1_002.0))
            .map(|(w, r): (f64, f64)| (w - r) * (w / r).ln())
            .sum();
        let psi = index(&window, 100.0, &sketch);
        assert!((psi.value - expected).abs() < 1e-12, "{psi:?} {expected}");
        assert!((psi.noise - (0.01 + 0.001)).abs() < 1e-12, "{psi:?}");
    }

    #[test]
    fn missing_values_and_unknown_texts_have_bins_of_their_own() {
        let sketch = Sketch::of_counts([(0.0, 700), (1.0, 300)], 0).unwrap();
        let known: Vec<f32> = [vec![0.0; 70], vec![1.0; 30]].concat();
        let odd: Vec<f32> = [vec![0.0; 60], vec![1.0; 25], vec![2.0; 15]].concat();
        let gone: Vec<f32> = [vec![f32::NAN; 15], vec![0.0; 60], vec![1.0; 25]].concat();
        assert!(index(&known, 100.0, &sketch).value < 0.05);
        assert!(index(&odd, 100.0, &sketch).value > 0.25);
        assert!(index(&gone, 100.0, &sketch).value > 0.25);
    }
}
