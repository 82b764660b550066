//! Elementwise operators and casts.

use super::value::sealed::Kind;
use super::{CastTo, Element, Float, Graph, GraphError, Number, Operand, Value};
use crate::proto;

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident $op:literal)*) => {$(
        $(#[$doc])*
        pub fn $name<T: Float, S>(&mut self, x: Value<T, S>) -> Value<T, S> {
            Value::new(self.node($op, &[x.id], vec![]), x.width)
        }
    )*};
}

macro_rules! arithmetic {
    ($($(#[$doc:meta])* $name:ident $op:literal)*) => {$(
        $(#[$doc])*
        pub fn $name<T: Float, S>(
            &mut self,
            a: impl Operand<T, S>,
            b: impl Operand<T, S>,
        ) -> Value<T, S> {
            self.binary($op, a, b)
        }
    )*};
}

macro_rules! compare {
    ($($(#[$doc:meta])* $name:ident $op:literal)*) => {$(
        $(#[$doc])*
        pub fn $name<T: Number, S>(
            &mut self,
            a: Value<T, S>,
            b: impl Operand<T, S>,
        ) -> Value<bool, S> {
            self.binary::<T, bool, S>($op, a, b)
        }
    )*};
}

impl Graph {
    arithmetic! {
        /// `a + b`.
        add "Add"
        /// `a - b`.
        sub "Sub"
        /// `a * b`.
        mul "Mul"
        /// `a / b`.
        div "Div"
        /// The smaller of `a` and `b`; NaN if either is.
        min "Min"
        /// The larger of `a` and `b`; NaN if either is.
        max "Max"
        /// `a` to the power of `b`; NaN for a negative `a` and a fractional `b`.
        pow "Pow"
    }

    unary! {
        /// `-x`.
        neg "Neg"
        /// The absolute value.
        abs "Abs"
        /// The square root.
        sqrt "Sqrt"
        /// `e` to the power of `x`.
        exp "Exp"
        /// The natural logarithm.
        log "Log"
        /// The logistic function.
        sigmoid "Sigmoid"
        /// The hyperbolic tangent.
        tanh "Tanh"
    }

    compare! {
        /// Whether `a < b`; false with NaN.
        less "Less"
        /// Whether `a <= b`; false with NaN.
        less_or_equal "LessOrEqual"
        /// Whether `a > b`; false with NaN.
        greater "Greater"
        /// Whether `a >= b`; false with NaN.
        greater_or_equal "GreaterOrEqual"
        /// Whether `a == b`; false with NaN.
        equal "Equal"
    }

    /// `x` where it lies between `low` and `high`, else the nearer of them; NaN stays.
    pub fn clip<T: Float, S>(&mut self, x: Value<T, S>, low: T, high: T) -> Value<T, S> {
        let raised: Value<T, S> = self.max(x, low);
        self.min(raised, high)
    }

    /// Whether both are true.
    pub fn and<S>(&mut self, a: Value<bool, S>, b: Value<bool, S>) -> Value<bool, S> {
        self.binary("And", a, b)
    }

    /// Whether any is true.
    pub fn or<S>(&mut self, a: Value<bool, S>, b: Value<bool, S>) -> Value<bool, S> {
        self.binary("Or", a, b)
    }

    /// Whether it is false.
    pub fn not<S>(&mut self, x: Value<bool, S>) -> Value<bool, S> {
        Value::new(self.node("Not", &[x.id], vec![]), x.width)
    }

    /// Whether it is missing.
    pub fn is_nan<T: Float, S>(&mut self, x: Value<T, S>) -> Value<bool, S> {
        Value::new(self.node("IsNaN", &[x.id], vec![]), x.width)
    }

    /// `then` where `condition` holds, `other` elsewhere.
    pub fn select<T: Number, S>(
        &mut self,
        condition: Value<bool, S>,
        then: impl Operand<T, S>,
        other: impl Operand<T, S>,
    ) -> Value<T, S> {
        let (then, first) = then.lower(self);
        let (other, second) = other.lower(self);
        self.fit("Where", Some(condition.width), first);
        self.fit("Where", Some(condition.width), second);
        Value::new(self.node("Where", &[condition.id, then, other], vec![]), condition.width)
    }

    /// The same values in another type; `f64` to `f32` rounds to nearest even.
    pub fn cast<T: CastTo<U>, U: Element, S>(&mut self, x: Value<T, S>) -> Value<U, S> {
        let to = proto::int("to", i64::from(<U as Kind>::TYPE as i32));
        Value::new(self.node("Cast", &[x.id], vec![to]), x.width)
    }

    fn binary<T, U, S>(
        &mut self,
        op: &'static str,
        a: impl Operand<T, S>,
        b: impl Operand<T, S>,
    ) -> Value<U, S> {
        let (a, left) = a.lower(self);
        let (b, right) = b.lower(self);
        let width = self.fit(op, left, right);
        Value::new(self.node(op, &[a, b], vec![]), width)
    }

    /// The common width of two operands, at least one of which must be a value.
    fn fit(&mut self, op: &'static str, left: Option<usize>, right: Option<usize>) -> usize {
        match (left, right) {
            (Some(left), Some(right)) if left != right => {
                self.fail(GraphError::Width { op, left, right });
                left
            }
            (Some(width), _) | (None, Some(width)) => width,
            (None, None) => {
                self.fail(GraphError::Width { op, left: 0, right: 0 });
                0
            }
        }
    }
}
