//! The datatypes of the Open Inference Protocol.

use crate::read::given::Given;

/// A datatype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int(u8),
    Uint(u8),
    Fp32,
    Fp64,
    Bytes,
}

impl Kind {
    /// The datatype called `name`.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "BOOL" => Self::Bool,
            "INT8" => Self::Int(1),
            "INT16" => Self::Int(2),
            "INT32" => Self::Int(4),
            "INT64" => Self::Int(8),
            "UINT8" => Self::Uint(1),
            "UINT16" => Self::Uint(2),
            "UINT32" => Self::Uint(4),
            "UINT64" => Self::Uint(8),
            "FP32" => Self::Fp32,
            "FP64" => Self::Fp64,
            "BYTES" => Self::Bytes,
            other => {
                return Err(format!("datatype `{other}` is not taken: send FP64, INT64 or BYTES"));
            }
        })
    }

    /// Bytes of one value, where all take the same.
    pub(super) fn size(self) -> Option<usize> {
        match self {
            Self::Bool => Some(1),
            Self::Int(size) | Self::Uint(size) => Some(size.into()),
            Self::Fp32 => Some(4),
            Self::Fp64 => Some(8),
            Self::Bytes => None,
        }
    }

    /// Why a value is none of this type, if so.
    pub(super) fn unfit(self, cell: &Given<'_>) -> Option<String> {
        match (self, cell) {
            (Self::Bytes, Given::Text(_)) | (_, Given::Null) => None,
            (Self::Bytes, _) => Some("BYTES must be texts".to_owned()),
            (Self::Bool, Given::Other("a boolean")) => {
                Some("booleans are no features: send numbers".to_owned())
            }
            (Self::Fp32 | Self::Fp64, Given::Number(_)) => None,
            (Self::Int(_) | Self::Uint(_) | Self::Bool, Given::Number(number)) => {
                let (low, high) = self.range();
                if number.fract() != 0.0 {
                    Some(format!("{number} is not a whole number"))
                } else if *number < low || *number > high {
                    Some(format!("{number} is outside {low} to {high}"))
                } else {
                    None
                }
            }
            (_, Given::Text(text)) => Some(format!("the text `{text}` is not a number")),
            (_, Given::Other(what)) => Some(format!("a value is {what}")),
        }
    }

    fn range(self) -> (f64, f64) {
        match self {
            Self::Bool => (0.0, 1.0),
            Self::Int(size) => {
                let half = 2.0_f64.powi(i32::from(size) * 8 - 1);
                (-half, half - 1.0)
            }
            Self::Uint(size) => (0.0, 2.0_f64.powi(i32::from(size) * 8) - 1.0),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }
}
