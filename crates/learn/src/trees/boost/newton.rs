//! Sums of derivatives, judged by the gain of a Newton step (Chen and Guestrin 2016).

use super::BoostParams;
use super::quantise::Quantised;
use crate::trees::tally::{Quality, Tally};

/// Counts rows, or does not where no one asks: counting doubles the size of a histogram.
pub(super) trait Rows: Copy + Default + PartialEq + Send + Sync {
    /// One row.
    const ONE: Self;

    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// Whether there are at least this many.
    fn reach(self, least: u32) -> bool;
}

impl Rows for () {
    const ONE: Self = ();

    fn plus(self, (): Self) -> Self {}
    fn minus(self, (): Self) -> Self {}
    fn reach(self, _: u32) -> bool {
        true
    }
}

impl Rows for u32 {
    const ONE: Self = 1;

    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn minus(self, other: Self) -> Self {
        self - other
    }

    fn reach(self, least: u32) -> bool {
        self >= least
    }
}

/// Summed derivatives in units: gradient in the upper half, hessian in the lower.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums<R> {
    packed: u64,
    rows: R,
}

/// Bounds of the values below a node, which monotone constraints narrow on the way down.
pub(super) type Bounds = (f64, f64);

/// No bounds.
pub(super) const FREE: Bounds = (f64::NEG_INFINITY, f64::INFINITY);

/// Judges cuts of one node.
#[derive(Debug)]
pub(super) struct Newton<'a, R> {
    quantised: &'a Quantised,
    params: &'a BoostParams,
    bounds: Bounds,
    rows: std::marker::PhantomData<fn() -> R>,
}

impl<R> Clone for Newton<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Newton<'_, R> {}

/// The value that minimises the second-order loss, before bounds.
pub(super) fn step(gradient: f64, hessian: f64, params: &BoostParams) -> f64 {
    let pulled = gradient.abs() - params.alpha;
    let weight = hessian + params.lambda;
    if pulled <= 0.0 || weight <= 0.0 { 0.0 } else { -gradient.signum() * pulled / weight }
}

impl<'a, R: Rows> Newton<'a, R> {
    pub(super) fn new(quantised: &'a Quantised, params: &'a BoostParams) -> Self {
        Self { quantised, params, bounds: FREE, rows: std::marker::PhantomData }
    }

    /// The same for a node with these bounds.
    pub(super) fn within(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// The smallest gain that is worth a split.
    pub(super) fn min_gain(&self) -> f64 {
        self.params.min_gain
    }

    /// Gradient and hessian.
    #[inline]
    fn read(&self, sums: Sums<R>) -> (f64, f64) {
        let gradient = (sums.packed as i64 >> 32) as i32;
        let hessian = sums.packed as u32;
        (f64::from(gradient) * self.quantised.gradient, f64::from(hessian) * self.quantised.hessian)
    }

    /// The value of a leaf with these sums.
    pub(super) fn value(&self, sums: Sums<R>) -> f64 {
        let (gradient, hessian) = self.read(sums);
        step(gradient, hessian, self.params).clamp(self.bounds.0, self.bounds.1)
    }

    /// Twice the decrease of the loss that a leaf brings.
    fn decrease(&self, gradient: f64, hessian: f64) -> f64 {
        let value = step(gradient, hessian, self.params).clamp(self.bounds.0, self.bounds.1);
        let weight = hessian + self.params.lambda;
        -(2.0 * gradient + weight * value) * value - 2.0 * self.params.alpha * value.abs()
    }

    /// Twice the decrease of the loss that a cut brings, under penalties and bounds.
    #[inline(never)]
    fn constrained(&self, feature: usize, left: Sums<R>, right: Sums<R>) -> Option<f64> {
        let direction = self.params.monotone.get(feature).copied().unwrap_or(0);
        let rise = self.value(right) - self.value(left);
        let ((lg, lh), (rg, rh)) = (self.read(left), self.read(right));
        let holds = rise * f64::from(direction) >= 0.0;
        holds.then(|| self.decrease(lg, lh) + self.decrease(rg, rh))
    }

    /// Whether values of leaves need no more than a division.
    fn is_plain(&self) -> bool {
        self.params.alpha == 0.0 && self.params.monotone.is_empty()
    }
}

impl<R: Rows> Tally for Newton<'_, R> {
    type Share = u64;
    type Cell = Sums<R>;

    #[inline]
    fn share(&self, row: u32) -> u64 {
        self.quantised.share(row)
    }

    #[inline]
    fn add(cell: &mut Sums<R>, share: u64) {
        cell.packed = cell.packed.wrapping_add(share);
        cell.rows = cell.rows.plus(R::ONE);
    }

    #[inline]
    fn merge(cell: &mut Sums<R>, other: Sums<R>) {
        cell.packed = cell.packed.wrapping_add(other.packed);
        cell.rows = cell.rows.plus(other.rows);
    }

    #[inline]
    fn remove(cell: &mut Sums<R>, part: Sums<R>) {
        cell.packed = cell.packed.wrapping_sub(part.packed);
        cell.rows = cell.rows.minus(part.rows);
    }

    #[inline]
    fn is_empty(cell: Sums<R>) -> bool {
        cell.packed == 0
    }
}

impl<R: Rows> Quality for Newton<'_, R> {
    fn whole(&self, cell: Sums<R>) -> f64 {
        let (gradient, hessian) = self.read(cell);
        self.decrease(gradient, hessian)
    }

    #[inline(always)]
    fn cut(&self, feature: usize, left: Sums<R>, right: Sums<R>) -> Option<(f64, f64)> {
        let ((lg, lh), (rg, rh)) = (self.read(left), self.read(right));
        let least = self.params.min_child_weight;
        if lh < least || rh < least || lh <= 0.0 || rh <= 0.0 {
            return None;
        }
        if !left.rows.reach(self.params.min_leaf) || !right.rows.reach(self.params.min_leaf) {
            return None;
        }
        if self.is_plain() {
            let (l, r) = (lh + self.params.lambda, rh + self.params.lambda);
            return Some((lg * lg * r + rg * rg * l, l * r));
        }
        self.constrained(feature, left, right).map(|decrease| (decrease, 1.0))
    }
}
