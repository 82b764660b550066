//! Derivatives as small integers (after Shi et al. 2022, "Quantized training of gradient boosting").
//!
//! Each derivative becomes up to 12 bits by stochastic rounding, which keeps sums unbiased. A bin then adds
//! both in one integer addition, in any order with the same result. Leaves are refitted on exact sums.

use rayon::prelude::*;

use super::loss::{CHUNK, Derivative};

/// Most units of a derivative.
const MOST: f64 = 4095.0;

/// The quantised derivatives of one output.
#[derive(Debug, Default)]
pub(super) struct Quantised {
    packed: Vec<u32>,
    /// Gradient per unit.
    pub(super) gradient: f64,
    /// Hessian per unit.
    pub(super) hessian: f64,
}

impl Quantised {
    /// Rounds the derivatives of output `output` out of `outputs`. `seed` decides the rounding.
    pub(super) fn fill(&mut self, from: &[Derivative], output: usize, outputs: usize, seed: u64) {
        let rows = from.len() / outputs;
        let (gradient, hessian) = largest(from, output, outputs);
        // Sums over all rows must fit 31 and 32 bits, and a number and the fraction drawn for it an `f32`.
        let most_gradient = (f64::from(i32::MAX) / rows.max(1) as f64).floor().min(MOST);
        let most_hessian = (f64::from(u32::MAX) / rows.max(1) as f64).floor().min(MOST);
        let unit =
            |largest: f32, most: f64| if largest > 0.0 { f64::from(largest) / most } else { 1.0 };
        self.gradient = unit(gradient, most_gradient);
        self.hessian = unit(hessian, most_hessian);
        let scale = [self.gradient, self.hessian].map(|unit| (1.0 / unit) as f32);
        let most = [most_gradient as f32, most_hessian as f32];
        self.packed.resize(rows, 0);
        let chunks = self.packed.par_chunks_mut(CHUNK).zip(from.par_chunks(CHUNK * outputs));
        chunks.enumerate().for_each(|(chunk, (packed, from))| {
            let key = mix(seed as u32 ^ mix((seed >> 32) as u32 ^ chunk as u32));
            if outputs == 1 {
                round(packed, from.iter(), scale, most, key);
            } else {
                round(packed, from[output..].iter().step_by(outputs), scale, most, key);
            }
        });
    }

    /// What a row adds to its bin: the gradient in the upper half, the hessian in the lower.
    #[inline]
    pub(super) fn share(&self, row: u32) -> u64 {
        unpack(self.packed[row as usize])
    }
}

/// A pair of 16-bit numbers as a pair of 32-bit ones.
#[inline]
fn unpack(packed: u32) -> u64 {
    let gradient = i64::from(packed as i32 >> 16);
    ((gradient << 32) as u64).wrapping_add(u64::from(packed & 0xffff))
}

/// The largest absolute gradient and hessian; a maximum is the same in any order.
fn largest(from: &[Derivative], output: usize, outputs: usize) -> (f32, f32) {
    let of_chunk = |chunk: &[Derivative]| {
        chunk
            .iter()
            .skip(output)
            .step_by(outputs)
            .fold((0.0_f32, 0.0_f32), |(g, h), d| (g.max(d.gradient.abs()), h.max(d.hessian)))
    };
    let chunks = from.par_chunks(CHUNK * outputs).map(of_chunk);
    chunks.reduce(|| (0.0, 0.0), |a, b| (a.0.max(b.0), a.1.max(b.1)))
}

fn round<'a>(
    packed: &mut [u32],
    from: impl Iterator<Item = &'a Derivative>,
    scale: [f32; 2],
    most: [f32; 2],
    key: u32,
) {
    for ((slot, derivative), row) in packed.iter_mut().zip(from).zip(0_u32..) {
        let random = mix(row.wrapping_mul(0x9E37_79B9) ^ key);
        let gradient = (derivative.gradient * scale[0]).clamp(-most[0], most[0]);
        let hessian = (derivative.hessian * scale[1]).clamp(0.0, most[1]);
        let gradient = floor(gradient, random >> 21);
        let hessian = floor(hessian, random & 0x7ff);
        *slot = (gradient as u32) << 16 | hessian as u32 & 0xffff;
    }
}

/// `floor(value + random / 2048)` for small numbers, in arithmetic that vectorises.
#[inline]
fn floor(value: f32, random: u32) -> i32 {
    const ROUND: f32 = 12_582_912.0;
    // Half a step short of both ends, so that a whole number stays what it is.
    let shift = (random as i32 as f32 + 0.5) * (1.0 / 2048.0) - 0.5;
    (value + shift + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i32
}

/// Mixes the bits of a number (Mueller's and Wellons' 32-bit hash).
#[inline]
fn mix(mut x: u32) -> u32 {
    x = (x ^ x >> 16).wrapping_mul(0x7feb_352d);
    x = (x ^ x >> 15).wrapping_mul(0x846c_a68b);
    x ^ x >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(share: u64) -> (i64, i64) {
        ((share as i64) >> 32, (share & 0xffff_ffff) as i64)
    }

    #[test]
    fn sums_are_unbiased_and_whole_numbers_exact() {
        let from: Vec<Derivative> = (0..20_000)
            .map(|i| Derivative {
                gradient: (i % 7) as f32 * 1e-5 - 2e-5 + f32::from(u8::from(i == 0)),
                hessian: 1.0,
            })
            .collect();
        let mut quantised = Quantised::default();
        quantised.fill(&from, 0, 1, 99);
        let mut sum = 0_u64;
        (0..20_000).for_each(|row| sum = sum.wrapping_add(quantised.share(row)));
        let exact: f64 = from.iter().map(|d| f64::from(d.gradient)).sum();
        let (gradient, hessian) = units(sum);
        assert!((gradient as f64 * quantised.gradient - exact).abs() < 0.02 * exact.abs().max(1.0));
        assert!((hessian as f64 * quantised.hessian - 20_000.0).abs() < 1e-3);
        let first = units(quantised.share(0)).1;
        assert!((0..20_000).all(|row| units(quantised.share(row)).1 == first));
    }

    #[test]
    fn the_largest_derivatives_fit_and_zero_stays_zero() {
        for gradient in [-1.0, 0.0, 1.0] {
            let from = vec![Derivative { gradient, hessian: gradient.abs() }; 300];
            let mut quantised = Quantised::default();
            quantised.fill(&from, 0, 1, 7);
            let (g, h) = units(quantised.share(5));
            assert_eq!((g as f64 * quantised.gradient) as f32, gradient);
            assert_eq!((h as f64 * quantised.hessian) as f32, gradient.abs());
        }
    }
}
