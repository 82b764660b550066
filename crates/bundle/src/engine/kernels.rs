//! The arithmetic: each operator's compiled form is a closure over slots and constants.

use super::arena::{Arena, Elem, Slot};

/// A compiled node.
pub(super) type Step = Box<dyn Fn(&mut Arena) + Send + Sync>;

/// What is done to one line: it reads the first and writes the second.
pub(super) type Line<T> = fn(&[T], &mut [T]);

/// An operand: a value of the batch, or a constant that every row shares.
#[derive(Debug, Clone)]
pub(super) enum Arg<T> {
    Slot(Slot),
    /// One number, or one per column.
    Row(Vec<T>),
}

/// An operand resolved to memory: element `(row, column)` is `data[row * down + column * across]`.
#[derive(Clone, Copy)]
struct View<'a, T> {
    data: &'a [T],
    down: usize,
    across: usize,
}

impl<T: Elem> Arg<T> {
    fn view<'a>(&'a self, memory: &'a [T], rows: usize) -> View<'a, T> {
        match self {
            Self::Slot(slot) => View { data: slot.of(memory, rows), down: slot.width, across: 1 },
            Self::Row(row) => View { data: row, down: 0, across: usize::from(row.len() > 1) },
        }
    }
}

impl<T: Copy> View<'_, T> {
    fn at(&self, row: usize, column: usize) -> T {
        self.data[row * self.down + column * self.across]
    }
}

fn fill<U>(out: &mut [U], width: usize, value: impl Fn(usize, usize) -> U) {
    for (row, line) in out.chunks_exact_mut(width).enumerate() {
        for (column, element) in line.iter_mut().enumerate() {
            *element = value(row, column);
        }
    }
}

/// `out = f(x)` in one type.
pub(super) fn map<T: Elem>(x: Slot, out: Slot, f: fn(T) -> T) -> Step {
    Box::new(move |arena| {
        let rows = arena.rows;
        let (before, out) = out.split(T::memory_mut(arena), rows);
        for (to, from) in out.iter_mut().zip(x.of(before, rows)) {
            *to = f(*from);
        }
    })
}

/// `out = f(x)` from one type to another.
pub(super) fn convert<T: Elem, U: Elem>(x: Slot, out: Slot, f: fn(T) -> U) -> Step {
    Box::new(move |arena| {
        arena.lend::<U>(|arena, memory| {
            let (_, out) = out.split(memory, arena.rows);
            for (to, from) in out.iter_mut().zip(arena.read::<T>(x)) {
                *to = f(*from);
            }
        });
    })
}

/// `out = f(a, b)` in one type.
pub(super) fn zip<T: Elem>(a: Arg<T>, b: Arg<T>, out: Slot, f: fn(T, T) -> T) -> Step {
    Box::new(move |arena| {
        let rows = arena.rows;
        let (before, to) = out.split(T::memory_mut(arena), rows);
        let (a, b) = (a.view(before, rows), b.view(before, rows));
        fill(to, out.width, |row, column| f(a.at(row, column), b.at(row, column)));
    })
}

/// `out = f(a, b)` for a test on two numbers.
pub(super) fn compare<T: Elem>(a: Arg<T>, b: Arg<T>, out: Slot, f: fn(&T, &T) -> bool) -> Step {
    Box::new(move |arena| {
        let rows = arena.rows;
        arena.lend::<bool>(|arena, memory| {
            let (_, to) = out.split(memory, rows);
            let (a, b) = (a.view(T::memory(arena), rows), b.view(T::memory(arena), rows));
            fill(to, out.width, |row, column| f(&a.at(row, column), &b.at(row, column)));
        });
    })
}

/// `out = if condition { a } else { b }`.
pub(super) fn select<T: Elem>(condition: Slot, a: Arg<T>, b: Arg<T>, out: Slot) -> Step {
    Box::new(move |arena| {
        let rows = arena.rows;
        arena.lend::<T>(|arena, memory| {
            let (before, to) = out.split(memory, rows);
            let (a, b) = (a.view(before, rows), b.view(before, rows));
            let conditions = arena.read::<bool>(condition);
            fill(to, out.width, |row, column| {
                let side = if conditions[row * out.width + column] { a } else { b };
                side.at(row, column)
            });
        });
    })
}

/// Copies columns: column `i` of `out` is column `parts[i].1` of slot `parts[i].0`.
pub(super) fn columns<T: Elem>(parts: Vec<(Slot, usize)>, out: Slot) -> Step {
    Box::new(move |arena| {
        let rows = arena.rows;
        let (before, to) = out.split(T::memory_mut(arena), rows);
        for (column, (slot, from)) in parts.iter().enumerate() {
            let from = slot.of(before, rows).iter().skip(*from).step_by(slot.width);
            let to = to.iter_mut().skip(column).step_by(out.width);
            to.zip(from).for_each(|(to, from)| *to = *from);
        }
    })
}

/// Reduces or transforms each line of `x` into a line of `out`, in one type.
pub(super) fn lines<T: Elem>(x: Slot, out: Slot, f: Line<T>) -> Step {
    Box::new(move |arena| {
        let rows = arena.rows;
        let (before, to) = out.split(T::memory_mut(arena), rows);
        let from = x.of(before, rows).chunks_exact(x.width);
        to.chunks_exact_mut(out.width).zip(from).for_each(|(to, from)| f(from, to));
    })
}

/// `out = x · weights + bias`; `weights` has one line of `out.width` numbers per column of `x`.
pub(super) fn linear<T: Float>(x: Slot, weights: Vec<T>, bias: Vec<T>, out: Slot) -> Step {
    Box::new(move |arena| {
        let rows = arena.rows;
        let (before, to) = out.split(T::memory_mut(arena), rows);
        let from = x.of(before, rows).chunks_exact(x.width);
        for (to, from) in to.chunks_exact_mut(out.width).zip(from) {
            to.fill(T::default());
            for (x, weights) in from.iter().zip(weights.chunks_exact(out.width)) {
                to.iter_mut()
                    .zip(weights)
                    .for_each(|(to, weight)| *to = T::add(*to, x.mul(*weight)));
            }
            to.iter_mut().zip(&bias).for_each(|(to, bias)| *to = T::add(*to, *bias));
        }
    })
}

/// The first column of each line whose element is `better` than all before it; a leading NaN stays.
pub(super) fn arg<T: Float>(x: Slot, out: Slot, better: fn(&T, &T) -> bool) -> Step {
    Box::new(move |arena| {
        arena.lend::<i64>(|arena, memory| {
            let (_, out) = out.split(memory, arena.rows);
            let lines = arena.read::<T>(x).chunks_exact(x.width);
            for (to, line) in out.iter_mut().zip(lines) {
                let mut best = 0;
                for (column, value) in line.iter().enumerate() {
                    if better(value, &line[best]) {
                        best = column;
                    }
                }
                *to = best as i64;
            }
        });
    })
}

/// The arithmetic of `f32` and `f64`, with onnxruntime's treatment of NaN.
pub(super) trait Float: Elem + PartialOrd {
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
    fn neg(self) -> Self;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    fn exp(self) -> Self;
    fn log(self) -> Self;
    fn sigmoid(self) -> Self;
    fn tanh(self) -> Self;
    fn pow(self, other: Self) -> Self;

    fn largest(line: &[Self], out: &mut [Self]);
    fn smallest(line: &[Self], out: &mut [Self]);
    fn sum_of_squares(line: &[Self], out: &mut [Self]);
    fn log_sum_exp(line: &[Self], out: &mut [Self]);
    fn sum(line: &[Self], out: &mut [Self]);
    fn mean(line: &[Self], out: &mut [Self]);
    fn softmax(line: &[Self], out: &mut [Self]);
}

macro_rules! float {
    ($type:ident) => {
        impl Float for $type {
            fn add(self, other: Self) -> Self {
                self + other
            }
            fn sub(self, other: Self) -> Self {
                self - other
            }
            fn mul(self, other: Self) -> Self {
                self * other
            }
            fn div(self, other: Self) -> Self {
                self / other
            }
            fn min(self, other: Self) -> Self {
                if self.is_nan() || self < other { self } else { other }
            }
            fn max(self, other: Self) -> Self {
                if self.is_nan() || self > other { self } else { other }
            }
            fn neg(self) -> Self {
                -self
            }
            fn abs(self) -> Self {
                $type::abs(self)
            }
            fn sqrt(self) -> Self {
                $type::sqrt(self)
            }
            fn exp(self) -> Self {
                $type::exp(self)
            }
            fn log(self) -> Self {
                $type::ln(self)
            }
            fn sigmoid(self) -> Self {
                1.0 / (1.0 + (-self).exp())
            }
            fn tanh(self) -> Self {
                $type::tanh(self)
            }
            fn pow(self, other: Self) -> Self {
                $type::powf(self, other)
            }
            fn largest(line: &[Self], out: &mut [Self]) {
                out[0] = line.iter().fold($type::NEG_INFINITY, |top, &x| Float::max(top, x));
            }
            fn smallest(line: &[Self], out: &mut [Self]) {
                out[0] = line.iter().fold($type::INFINITY, |low, &x| Float::min(low, x));
            }
            fn sum_of_squares(line: &[Self], out: &mut [Self]) {
                out[0] = line.iter().fold(0.0, |sum, x| sum + x * x);
            }
            fn log_sum_exp(line: &[Self], out: &mut [Self]) {
                let top = line.iter().fold($type::NEG_INFINITY, |top, &x| $type::max(top, x));
                // An infinite maximum would be subtracted from itself.
                let top = if top.is_finite() { top } else { 0.0 };
                let sum = line.iter().fold(0.0, |sum, x| sum + (x - top).exp());
                out[0] = sum.ln() + top;
            }
            fn sum(line: &[Self], out: &mut [Self]) {
                out[0] = line.iter().fold(0.0, |sum, x| sum + x);
            }
            fn mean(line: &[Self], out: &mut [Self]) {
                out[0] = line.iter().fold(0.0, |sum, x| sum + x) / line.len() as $type;
            }
            fn softmax(line: &[Self], out: &mut [Self]) {
                let top = line.iter().fold($type::NEG_INFINITY, |top, &x| $type::max(top, x));
                let mut sum = 0.0;
                for (to, x) in out.iter_mut().zip(line) {
                    *to = (x - top).exp();
                    sum += *to;
                }
                out.iter_mut().for_each(|to| *to /= sum);
            }
        }
    };
}

float!(f32);
float!(f64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_and_larger_of_a_nan_is_nan_on_either_side() {
        assert!(Float::min(f64::NAN, 1.0).is_nan() && Float::min(1.0, f64::NAN).is_nan());
        assert!(Float::max(f32::NAN, 1.0).is_nan() && Float::max(1.0, f32::NAN).is_nan());
        assert_eq!((Float::min(2.0, 1.0), Float::max(2.0_f32, 1.0)), (1.0, 2.0));
    }

    #[test]
    fn softmax_survives_large_numbers() {
        let mut out = [0.0_f32; 2];
        Float::softmax(&[1000.0, 1000.0], &mut out);
        assert_eq!(out, [0.5, 0.5]);
    }
}
