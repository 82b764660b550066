//! Arithmetic that differs by type, with onnxruntime's treatment of NaN and of integers.

use crate::foreign::value::Elem;

/// Numbers of all types.
pub(in crate::foreign) trait Number: Elem + Copy + PartialOrd {
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// Integers are never divided by zero: that is refused when the model is loaded.
    fn div(self, other: Self) -> Self;
    fn pow(self, other: Self) -> Self;
    fn neg(self) -> Self;
    fn abs(self) -> Self;
    fn sign(self) -> Self;
    fn is_nan(self) -> bool;
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    const ZERO: Self;
    /// The lowest and the highest number that is finite.
    const FINITE: (Self, Self);
    const LOWEST: Self;
    const HIGHEST: Self;

    /// The smaller; NaN if either is.
    fn least(self, other: Self) -> Self {
        if self.is_nan() || self < other { self } else { other }
    }

    /// The larger; NaN if either is.
    fn most(self, other: Self) -> Self {
        if self.is_nan() || self > other { self } else { other }
    }
}

/// Numbers with fractions.
pub(in crate::foreign) trait Float: Number {
    fn sqrt(self) -> Self;
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn tanh(self) -> Self;
    fn erf(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    /// To the nearest, halves to even.
    fn round(self) -> Self;
    fn from_f32(value: f32) -> Self;
}

macro_rules! common {
    ($type:ident) => {
        fn from_f64(value: f64) -> Self {
            value as $type
        }
        fn to_f64(self) -> f64 {
            self as f64
        }
        const ZERO: Self = 0 as $type;
        const FINITE: (Self, Self) = ($type::MIN, $type::MAX);
    };
}

macro_rules! float {
    ($type:ident, $erf:path) => {
        impl Number for $type {
            common!($type);
            const LOWEST: Self = $type::NEG_INFINITY;
            const HIGHEST: Self = $type::INFINITY;
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
            fn pow(self, other: Self) -> Self {
                self.powf(other)
            }
            fn neg(self) -> Self {
                -self
            }
            fn abs(self) -> Self {
                $type::abs(self)
            }
            fn sign(self) -> Self {
                if self > 0.0 {
                    1.0
                } else if self < 0.0 {
                    -1.0
                } else {
                    self
                }
            }
            fn is_nan(self) -> bool {
                $type::is_nan(self)
            }
        }

        impl Float for $type {
            fn sqrt(self) -> Self {
                $type::sqrt(self)
            }
            fn exp(self) -> Self {
                $type::exp(self)
            }
            fn ln(self) -> Self {
                $type::ln(self)
            }
            fn tanh(self) -> Self {
                $type::tanh(self)
            }
            fn erf(self) -> Self {
                $erf(self)
            }
            fn floor(self) -> Self {
                $type::floor(self)
            }
            fn ceil(self) -> Self {
                $type::ceil(self)
            }
            fn round(self) -> Self {
                self.round_ties_even()
            }
            fn from_f32(value: f32) -> Self {
                $type::from(value)
            }
        }
    };
}

macro_rules! integer {
    ($type:ident) => {
        impl Number for $type {
            common!($type);
            const LOWEST: Self = $type::MIN;
            const HIGHEST: Self = $type::MAX;
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            fn div(self, other: Self) -> Self {
                self.checked_div(other).unwrap_or(Self::MAX)
            }
            fn pow(self, other: Self) -> Self {
                (self as f64).powf(other as f64) as $type
            }
            fn neg(self) -> Self {
                self.wrapping_neg()
            }
            fn abs(self) -> Self {
                self.wrapping_abs()
            }
            fn sign(self) -> Self {
                self.signum()
            }
            fn is_nan(self) -> bool {
                false
            }
        }
    };
}

float!(f32, libm::erff);
float!(f64, libm::erf);
integer!(i64);
integer!(i32);
