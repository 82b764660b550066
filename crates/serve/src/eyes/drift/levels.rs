//! How often windows alarm: wrongly, from series with the training distribution, and rightly, from shifted
//! ones. `docs/drift.md` has the table that the ignored test prints.

use super::feature::assess_values;
use super::sketch::Sketch;

const LENGTHS: [usize; 4] = [30, 60, 200, 1_000];
const PHIS: [f64; 4] = [0.0, 0.5, 0.8, 0.95];

/// How a standard normal series becomes a column.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Normal,
    /// Skewed with a long tail.
    LogNormal,
    /// Whole numbers with many ties.
    Rounded,
    /// 0 or 1, the latter in 16 % of rows.
    TwoValued,
}

impl Shape {
    fn apply(self, z: f64) -> f64 {
        match self {
            Self::Normal => z,
            Self::LogNormal => z.exp(),
            Self::Rounded => (2.0 * z).round(),
            Self::TwoValued => f64::from(u8::from(z > 1.0)),
        }
    }

    /// The reference as training writes it: 41 quantiles of 10,000 rows.
    fn reference(self) -> Sketch {
        let mut noise = Noise(1);
        let mut rows: Vec<f64> = (0..10_000).map(|_| self.apply(noise.normal())).collect();
        rows.sort_by(f64::total_cmp);
        let quantiles: Vec<f64> = (0..=40).map(|step| rows[step * 9_999 / 40]).collect();
        Sketch::of_quantiles(&quantiles, 10_000, 0).unwrap()
    }
}

/// Normal noise of a splitmix generator: the same numbers on every machine.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[expect(clippy::cast_precision_loss, reason = "53 bits")]
        let mantissa = ((z ^ (z >> 31)) >> 11) as f64;
        (mantissa + 0.5) / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        let (a, b) = (self.uniform(), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// Shares of windows that alarm at p < 0.05, and that are not judged.
#[derive(Debug, Clone, Copy)]
struct Rates {
    alarm: f64,
    unjudged: f64,
}

/// First-order autoregressive windows with unit variance, moved by `shift` standard deviations.
fn rates(shape: Shape, n: usize, phi: f64, shift: f64, windows: u32) -> Rates {
    let sketch = shape.reference();
    let mut noise = Noise(n as u64 * 1_000 + (phi * 100.0) as u64);
    let (mut alarms, mut unjudged) = (0_u32, 0_u32);
    for _ in 0..windows {
        let mut z = noise.normal();
        let values: Vec<f64> = (0..n)
            .map(|_| {
                let now = z;
                z = phi * z + (1.0 - phi * phi).sqrt() * noise.normal();
                shape.apply(now + shift)
            })
            .collect();
        match assess_values(&values, &sketch, 30).p_value {
            Some(p) if p < 0.05 => alarms += 1,
            Some(_) => (),
            None => unjudged += 1,
        }
    }
    let share = |count: u32| f64::from(count) / f64::from(windows);
    Rates { alarm: share(alarms), unjudged: share(unjudged) }
}

#[test]
fn windows_with_the_training_distribution_alarm_in_at_most_six_per_cent() {
    for shape in [Shape::Normal, Shape::LogNormal, Shape::Rounded, Shape::TwoValued] {
        for n in LENGTHS {
            for phi in PHIS {
                let windows = if n == 1_000 { 100 } else { 1_000 };
                let rate = rates(shape, n, phi, 0.0, windows).alarm;
                assert!(rate <= 0.06, "{shape:?}, n {n}, phi {phi}: {rate}");
            }
        }
    }
}

#[test]
fn real_shifts_are_found() {
    for (n, phi, shift, least) in [
        (60, 0.0, 0.5, 0.70),
        (200, 0.0, 0.5, 0.98),
        (200, 0.5, 0.5, 0.75),
        (1_000, 0.8, 0.5, 0.90),
        (60, 0.5, 1.0, 0.75),
        (200, 0.8, 1.0, 0.80),
        (1_000, 0.95, 1.0, 0.85),
    ] {
        let power = rates(Shape::Normal, n, phi, shift, 200).alarm;
        assert!(power >= least, "n {n}, phi {phi}, shift {shift}: {power}");
    }
}

/// Prints the tables of `docs/drift.md`.
#[test]
#[ignore = "takes minutes; docs/drift.md has what it prints"]
fn print_the_tables() {
    let lengths = [30, 60, 120, 200, 500, 1_000];
    let phis = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98];
    for (shape, shift) in [
        (Shape::Normal, 0.0),
        (Shape::LogNormal, 0.0),
        (Shape::Rounded, 0.0),
        (Shape::TwoValued, 0.0),
        (Shape::Normal, 0.5),
        (Shape::Normal, 1.0),
    ] {
        println!("\n{shape:?}, shifted by {shift} sd: alarms (not judged), in %\n");
        println!("| n | phi {} |", phis.map(|phi| phi.to_string()).join(" | "));
        println!("|{}", " ---: |".repeat(phis.len() + 1));
        for n in lengths {
            let cell = |phi| {
                let Rates { alarm, unjudged } = rates(shape, n, phi, shift, 4_000);
                format!("{:.1} ({:.0})", 100.0 * alarm, 100.0 * unjudged)
            };
            println!("| {n} | {} |", phis.map(cell).join(" | "));
        }
    }
}
