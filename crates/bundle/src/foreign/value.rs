//! Tensors: their element types, their memory, and shapes in which the number of rows is not known yet.

use std::sync::Arc;

/// What a tensor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TensorKind {
    /// Single-precision numbers.
    F32,
    /// Double-precision numbers.
    F64,
    /// Integers of 64 bits.
    I64,
    /// Integers of 32 bits.
    I32,
    /// Truth values.
    Bool,
    /// Texts.
    Text,
}

impl TensorKind {
    /// The kind of an ONNX element type.
    pub(super) fn of(data_type: i32) -> Option<Self> {
        Some(match data_type {
            1 => Self::F32,
            6 => Self::I32,
            7 => Self::I64,
            8 => Self::Text,
            9 => Self::Bool,
            11 => Self::F64,
            _ => return None,
        })
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    pub(super) fn is_number(self) -> bool {
        !matches!(self, Self::Bool | Self::Text)
    }

    /// How messages call it.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::F32 => "floats",
            Self::F64 => "doubles",
            Self::I64 => "64-bit integers",
            Self::I32 => "32-bit integers",
            Self::Bool => "truth values",
            Self::Text => "texts",
        }
    }
}

/// A text that many values share.
pub(super) type Text = Arc<str>;

/// The elements of a tensor, the last dimension fastest.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Single-precision numbers.
    F32(Vec<f32>),
    /// Double-precision numbers.
    F64(Vec<f64>),
    /// Integers of 64 bits.
    I64(Vec<i64>),
    /// Integers of 32 bits.
    I32(Vec<i32>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Texts.
    Text(Vec<Arc<str>>),
}

/// Rust types of elements.
pub(super) trait Elem: Clone + PartialEq + Send + Sync + 'static {
    const KIND: TensorKind;
    /// The elements of data of this type; compiled steps ask for no other.
    fn of(data: &Data) -> &[Self];
    fn wrap(values: Vec<Self>) -> Data;
}

macro_rules! elem {
    ($($type:ty, $kind:ident;)*) => {
        $(impl Elem for $type {
            const KIND: TensorKind = TensorKind::$kind;
            fn of(data: &Data) -> &[Self] {
                match data {
                    Data::$kind(values) => values,
                    _ => &[],
                }
            }
            fn wrap(values: Vec<Self>) -> Data {
                Data::$kind(values)
            }
        })*

        impl Data {
            /// What the elements are.
            #[must_use]
            pub fn kind(&self) -> TensorKind {
                match self {
                    $(Self::$kind(_) => TensorKind::$kind,)*
                }
            }

            /// How many elements there are.
            #[must_use]
            #[allow(clippy::len_without_is_empty)]
            pub fn len(&self) -> usize {
                match self {
                    $(Self::$kind(values) => values.len(),)*
                }
            }

            pub(super) fn empty(kind: TensorKind) -> Self {
                match kind {
                    $(TensorKind::$kind => Self::$kind(Vec::new()),)*
                }
            }

            /// Adds the elements of data of the same kind.
            pub(super) fn append(&mut self, other: Self) {
                match (self, other) {
                    $((Self::$kind(values), Self::$kind(mut more)) => values.append(&mut more),)*
                    _ => {}
                }
            }
        }
    };
}

elem! {
    f32, F32;
    f64, F64;
    i64, I64;
    i32, I32;
    bool, Bool;
    Text, Text;
}

/// Runs `$body` with `$type` standing for a Rust type.
macro_rules! with {
    ($concrete:ty, $type:ident => $body:expr) => {{
        type $type = $concrete;
        // What is needed for one type need not be for another.
        #[allow(clippy::clone_on_copy, clippy::unnecessary_cast, clippy::let_and_return)]
        let value = $body;
        value
    }};
}

/// Runs `$body` with `$type` standing for the Rust type of a kind.
macro_rules! by_kind {
    ($kind:expr, $type:ident => $body:expr) => {{
        use crate::foreign::value::{TensorKind, Text, with};
        match $kind {
            TensorKind::F32 => with!(f32, $type => $body),
            TensorKind::F64 => with!(f64, $type => $body),
            TensorKind::I64 => with!(i64, $type => $body),
            TensorKind::I32 => with!(i32, $type => $body),
            TensorKind::Bool => with!(bool, $type => $body),
            TensorKind::Text => with!(Text, $type => $body),
        }
    }};
}

/// Like `by_kind`, for numbers only; `$other` is the answer for the rest.
macro_rules! by_number {
    ($kind:expr, $type:ident => $body:expr, _ => $other:expr) => {{
        use crate::foreign::value::{TensorKind, with};
        match $kind {
            TensorKind::F32 => with!(f32, $type => $body),
            TensorKind::F64 => with!(f64, $type => $body),
            TensorKind::I64 => with!(i64, $type => $body),
            TensorKind::I32 => with!(i32, $type => $body),
            TensorKind::Bool | TensorKind::Text => $other,
        }
    }};
}

/// Like `by_kind`, for floats only.
macro_rules! by_float {
    ($kind:expr, $type:ident => $body:expr, _ => $other:expr) => {{
        use crate::foreign::value::{TensorKind, with};
        match $kind {
            TensorKind::F32 => with!(f32, $type => $body),
            TensorKind::F64 => with!(f64, $type => $body),
            _ => $other,
        }
    }};
}

pub(super) use {by_float, by_kind, by_number, with};

/// One dimension of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dim {
    Fixed(usize),
    /// As many as the batch has rows.
    Rows,
}

/// A shape with at most one dimension of rows: only then is the answer to a row its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape(pub(super) Vec<Dim>);

impl Shape {
    pub(super) fn fixed(dims: &[usize]) -> Self {
        Self(dims.iter().map(|&dim| Dim::Fixed(dim)).collect())
    }

    /// `[rows]`.
    pub(super) fn rows() -> Self {
        Self(vec![Dim::Rows])
    }

    /// `[rows, width]`.
    pub(super) fn lines(width: usize) -> Self {
        Self(vec![Dim::Rows, Dim::Fixed(width)])
    }

    pub(super) fn rank(&self) -> usize {
        self.0.len()
    }

    pub(super) fn has_rows(&self) -> bool {
        self.0.contains(&Dim::Rows)
    }

    /// Elements per row, or of a constant; the largest number if there are more.
    pub(super) fn width(&self) -> usize {
        product(&self.0)
    }

    /// The dimensions of a batch of `rows` rows.
    pub(super) fn at(&self, rows: usize) -> Vec<usize> {
        let size = |dim: &Dim| match dim {
            Dim::Fixed(size) => *size,
            Dim::Rows => rows,
        };
        self.0.iter().map(size).collect()
    }

    /// Columns of `[rows, columns]` or `[rows]`; nothing for other shapes.
    pub(super) fn columns(&self) -> Option<usize> {
        match self.0[..] {
            [Dim::Rows] => Some(1),
            [Dim::Rows, Dim::Fixed(width)] => Some(width),
            _ => None,
        }
    }

    /// The position of an axis that may be counted from the end.
    pub(super) fn axis(&self, axis: i64) -> Option<usize> {
        let rank = self.rank() as i64;
        let axis = if axis < 0 { axis.checked_add(rank)? } else { axis };
        (0..rank).contains(&axis).then_some(axis as usize)
    }

    /// The shape in blocks around an axis: elements before it, along it and after it, with the rows counted in
    /// where they stand.
    pub(super) fn around(&self, axis: usize, rows: usize) -> [usize; 3] {
        let dims = self.at(rows);
        [dims[..axis].iter().product(), dims[axis], dims[axis + 1..].iter().product()]
    }
}

/// The product of the fixed dimensions.
pub(super) fn product(dims: &[Dim]) -> usize {
    dims.iter().fold(1, |product: usize, dim| match dim {
        Dim::Fixed(size) => product.saturating_mul(*size),
        Dim::Rows => product,
    })
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[")?;
        for (at, dim) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            match dim {
                Dim::Fixed(size) => write!(f, "{size}")?,
                Dim::Rows => f.write_str("rows")?,
            }
        }
        f.write_str("]")
    }
}

/// The keys of a `ZipMap`, which stand for the columns of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labels {
    /// Integers.
    Int(Vec<i64>),
    /// Texts.
    Text(Vec<String>),
}

impl Labels {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Int(keys) => keys.len(),
            Self::Text(keys) => keys.len(),
        }
    }
}
