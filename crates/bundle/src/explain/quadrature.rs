//! Gauss-Legendre quadrature on the interval from 0 to 1.

/// `Q` points and weights: `Σ weight · f(at)` is the integral of any polynomial of degree below `2 Q`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quadrature<const Q: usize> {
    pub(super) at: [f64; Q],
    pub(super) weight: [f64; Q],
}

impl<const Q: usize> Quadrature<Q> {
    /// The roots of the Legendre polynomial of degree `Q`, by Newton's method from Tricomi's guess.
    pub(super) fn new() -> Self {
        let (mut at, mut weight) = ([0.5; Q], [0.0; Q]);
        for i in 0..Q {
            let guess = (i as f64 + 0.75) / (Q as f64 + 0.5) * std::f64::consts::PI;
            let mut x = guess.cos();
            let mut slope = 0.0;
            for _ in 0..32 {
                let (value, derivative) = legendre(Q, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            at[i] = 0.5 * (1.0 - x);
            weight[i] = 1.0 / ((1.0 - x * x) * slope * slope);
        }
        Self { at, weight }
    }
}

/// Value and derivative of the Legendre polynomial of degree `n` at `x`.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        let next = ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k;
        (before, value) = (value, next);
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integrates_powers<const Q: usize>() {
        let rule = Quadrature::<Q>::new();
        for power in 0..2 * Q as i32 {
            let sum: f64 = rule.at.iter().zip(rule.weight).map(|(t, w)| w * t.powi(power)).sum();
            let exact = 1.0 / f64::from(power + 1);
            assert!((sum - exact).abs() < 1e-14, "{Q}, {power}: {sum} {exact}");
        }
        assert!(rule.at.iter().all(|&t| 0.0 < t && t < 1.0));
    }

    #[test]
    fn polynomials_up_to_the_degree_are_integrated_exactly() {
        integrates_powers::<2>();
        integrates_powers::<4>();
        integrates_powers::<8>();
        integrates_powers::<32>();
        integrates_powers::<128>();
    }
}
