//! Who goes on with how much: one rung for random search, several for successive halving.

/// A rung of the ladder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rung {
    /// Trials that it starts with.
    pub(super) trials: usize,
    /// Share of the resource that each of them gets.
    pub(super) share: f64,
}

/// Successive halving (Jamieson and Talwalkar 2016): of `trials` one `factor`-th goes on, with `factor`
/// times the resource. The last rung has all of it, none has less than `minimum`.
pub(super) fn ladder(trials: usize, factor: usize, minimum: f64) -> Vec<Rung> {
    let mut sizes = vec![trials];
    let mut share = 1.0;
    while let Some(&size) = sizes.last()
        && size > 1
        && share / factor as f64 >= minimum * (1.0 - 1e-12)
    {
        share /= factor as f64;
        sizes.push((size / factor).max(1));
    }
    let last = sizes.len() as i32 - 1;
    let share = |at: usize| (factor as f64).powi(at as i32 - last);
    sizes.iter().enumerate().map(|(at, &trials)| Rung { trials, share: share(at) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(trials: usize, factor: usize, minimum: f64) -> Vec<(usize, f64)> {
        ladder(trials, factor, minimum).iter().map(|r| (r.trials, r.share)).collect()
    }

    #[test]
    fn each_rung_has_a_factor_fewer_trials_and_a_factor_more_resource() {
        assert_eq!(sizes(9, 3, 0.1), [(9, 1.0 / 9.0), (3, 1.0 / 3.0), (1, 1.0)]);
        assert_eq!(sizes(27, 3, 0.2), [(27, 1.0 / 3.0), (9, 1.0)]);
        assert_eq!(sizes(8, 2, 0.125), [(8, 0.125), (4, 0.25), (2, 0.5), (1, 1.0)]);
        assert_eq!(sizes(5, 3, 1.0), [(5, 1.0)]);
        assert_eq!(sizes(1, 3, 0.1), [(1, 1.0)]);
    }
}
