//! Row arithmetic as a tree, evaluated in double precision.

use std::collections::BTreeSet;
use std::fmt;

use gauntlet_core::{Frame, FrameError};

/// An expression over the raw columns of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// The value of a numeric column.
    Column(String),
    /// A constant.
    Constant(f64),
    /// Sum.
    Add(Box<Expr>, Box<Expr>),
    /// Difference.
    Subtract(Box<Expr>, Box<Expr>),
    /// Product.
    Multiply(Box<Expr>, Box<Expr>),
    /// Quotient.
    Divide(Box<Expr>, Box<Expr>),
    /// The smaller of two; NaN if either is.
    Min(Box<Expr>, Box<Expr>),
    /// The larger of two; NaN if either is.
    Max(Box<Expr>, Box<Expr>),
    /// Absolute value.
    Abs(Box<Expr>),
    /// Natural logarithm; NaN below 0.
    Log(Box<Expr>),
    /// A number chosen by the category in a text column.
    Pick {
        /// The text column.
        column: String,
        /// Category and number, each category once.
        cases: Vec<(String, f64)>,
        /// The number for any other category; NaN unless the formula gives one.
        otherwise: f64,
    },
}

impl Expr {
    /// The value for each row of `frame`, in double precision.
    ///
    /// # Errors
    /// A column that is missing or of the wrong type.
    pub fn eval(&self, frame: &Frame) -> Result<Vec<f64>, FrameError> {
        let binary = |a: &Expr, b: &Expr, op: fn(f64, f64) -> f64| {
            let (mut left, right) = (a.eval(frame)?, b.eval(frame)?);
            left.iter_mut().zip(right).for_each(|(x, y)| *x = op(*x, y));
            Ok(left)
        };
        match self {
            Self::Column(name) => Ok(frame.numbers(name)?.to_vec()),
            Self::Constant(value) => Ok(vec![*value; frame.rows()]),
            Self::Add(a, b) => binary(a, b, |x, y| x + y),
            Self::Subtract(a, b) => binary(a, b, |x, y| x - y),
            Self::Multiply(a, b) => binary(a, b, |x, y| x * y),
            Self::Divide(a, b) => binary(a, b, |x, y| x / y),
            Self::Min(a, b) => binary(a, b, |x, y| nan_aware(x, y, f64::min)),
            Self::Max(a, b) => binary(a, b, |x, y| nan_aware(x, y, f64::max)),
            Self::Abs(a) => Ok(a.eval(frame)?.into_iter().map(f64::abs).collect()),
            Self::Log(a) => Ok(a.eval(frame)?.into_iter().map(f64::ln).collect()),
            Self::Pick { column, cases, otherwise } => Ok(frame
                .texts(column)?
                .iter()
                .map(|text| cases.iter().find(|(c, _)| c == text).map_or(*otherwise, |(_, v)| *v))
                .collect()),
        }
    }

    /// Every column the expression reads.
    #[must_use]
    pub fn columns(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.visit(&mut |part| {
            if let Self::Column(name) | Self::Pick { column: name, .. } = part {
                names.insert(name.as_str());
            }
        });
        names
    }

    /// Calls `f` on every part, parents first.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Expr)) {
        f(self);
        match self {
            Self::Column(_) | Self::Constant(_) | Self::Pick { .. } => {}
            Self::Abs(a) | Self::Log(a) => a.visit(f),
            Self::Add(a, b)
            | Self::Subtract(a, b)
            | Self::Multiply(a, b)
            | Self::Divide(a, b)
            | Self::Min(a, b)
            | Self::Max(a, b) => {
                a.visit(f);
                b.visit(f);
            }
        }
    }

    /// The same expression with each column for which `f` knows a definition replaced by it.
    ///
    /// # Errors
    /// Whatever `f` returns.
    pub fn substitute<E>(
        self,
        f: &mut impl FnMut(&str) -> Result<Option<Expr>, E>,
    ) -> Result<Expr, E> {
        let mut pair = |a: Box<Expr>, b: Box<Expr>| -> Result<_, E> {
            Ok((Box::new(a.substitute(f)?), Box::new(b.substitute(f)?)))
        };
        Ok(match self {
            Self::Add(a, b) => pair(a, b).map(|(a, b)| Self::Add(a, b))?,
            Self::Subtract(a, b) => pair(a, b).map(|(a, b)| Self::Subtract(a, b))?,
            Self::Multiply(a, b) => pair(a, b).map(|(a, b)| Self::Multiply(a, b))?,
            Self::Divide(a, b) => pair(a, b).map(|(a, b)| Self::Divide(a, b))?,
            Self::Min(a, b) => pair(a, b).map(|(a, b)| Self::Min(a, b))?,
            Self::Max(a, b) => pair(a, b).map(|(a, b)| Self::Max(a, b))?,
            Self::Abs(a) => Self::Abs(Box::new(a.substitute(f)?)),
            Self::Log(a) => Self::Log(Box::new(a.substitute(f)?)),
            Self::Column(name) => match f(&name)? {
                Some(definition) => definition,
                None => Self::Column(name),
            },
            leaf @ (Self::Constant(_) | Self::Pick { .. }) => leaf,
        })
    }
}

/// ONNX's Min and Max hand NaN on; Rust's swallow it.
fn nan_aware(x: f64, y: f64, op: fn(f64, f64) -> f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { op(x, y) }
}

/// Writes the formula so that [`crate::parse`] reads the same expression back.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(name) => f.write_str(name),
            Self::Constant(value) => write!(f, "{value:?}"),
            Self::Add(a, b) => write!(f, "({a} + {b})"),
            Self::Subtract(a, b) => write!(f, "({a} - {b})"),
            Self::Multiply(a, b) => write!(f, "({a} * {b})"),
            Self::Divide(a, b) => write!(f, "({a} / {b})"),
            Self::Min(a, b) => write!(f, "min({a}, {b})"),
            Self::Max(a, b) => write!(f, "max({a}, {b})"),
            Self::Abs(a) => write!(f, "abs({a})"),
            Self::Log(a) => write!(f, "log({a})"),
            Self::Pick { column, cases, otherwise } => {
                write!(f, "pick({column}")?;
                cases.iter().try_for_each(|(case, value)| write!(f, ", {case} = {value:?}"))?;
                if !otherwise.is_nan() {
                    write!(f, ", else = {otherwise:?}")?;
                }
                f.write_str(")")
            }
        }
    }
}
