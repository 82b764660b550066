//! Sums over a signal, in an order that is fixed and fast.

/// Partial sums that run side by side, so that the processor can add several numbers at once.
const LANES: usize = 8;

/// Sums of the `K` terms that `terms` makes of each value.
///
/// The order of additions depends on nothing but the length: value `i` goes to partial sum `i mod 8`,
/// and the partial sums are added from the first to the last.
pub(crate) fn sums<T: Copy, const K: usize>(
    values: &[T],
    terms: impl Fn(T) -> [f64; K],
) -> [f64; K] {
    let mut partial = [[0.0; LANES]; K];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            for (sum, term) in partial.iter_mut().zip(terms(value)) {
                sum[lane] += term;
            }
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        for (sum, term) in partial.iter_mut().zip(terms(value)) {
            sum[lane] += term;
        }
    }
    partial.map(|lanes| lanes.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once() {
        for count in 0..40_u32 {
            let values: Vec<f64> = (1..=count).map(f64::from).collect();
            let n = f64::from(count);
            let [plain, squares] = sums(&values, |x| [x, x * x]);
            assert_eq!(plain, n * (n + 1.0) / 2.0);
            assert_eq!(squares, n * (n + 1.0) * (2.0 * n + 1.0) / 6.0);
        }
    }
}
