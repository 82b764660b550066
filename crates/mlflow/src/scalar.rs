//! Doubles as protocol buffers write them in JSON.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A double whose NaN and infinities are texts in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Double(pub f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            v if v.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            v => serializer.serialize_f64(v),
        }
    }
}

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DoubleVisitor)
    }
}

struct DoubleVisitor;

impl Visitor<'_> for DoubleVisitor {
    type Value = Double;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or one of the texts `NaN`, `Infinity` and `-Infinity`")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Double, E> {
        Ok(Double(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON does not tell 1 from 1.0")]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Double, E> {
        Ok(Double(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON does not tell 1 from 1.0")]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Double, E> {
        Ok(Double(value as f64))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Double, E> {
        match value {
            "NaN" => Ok(Double(f64::NAN)),
            "Infinity" => Ok(Double(f64::INFINITY)),
            "-Infinity" => Ok(Double(f64::NEG_INFINITY)),
            number => number.parse().map(Double).map_err(E::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_read_back_whatever_they_are() {
        for value in [0.0, -1.5, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
            let text = serde_json::to_string(&Double(value)).unwrap();
            assert_eq!(serde_json::from_str::<Double>(&text).unwrap(), Double(value));
        }
        assert_eq!(serde_json::to_string(&Double(f64::NAN)).unwrap(), "\"NaN\"");
        assert!(serde_json::from_str::<Double>("\"NaN\"").unwrap().0.is_nan());
        assert_eq!(serde_json::from_str::<Double>("3").unwrap(), Double(3.0));
        assert!(serde_json::from_str::<Double>("true").is_err());
    }
}
