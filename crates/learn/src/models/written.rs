//! Reading a contender: what stands around a model is taken out, the rest is the kind's own.
//!
//! The keys stand side by side in the file and unknown ones are refused, which serde's `flatten` and
//! `deny_unknown_fields` cannot do together.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Map, Value};

use super::{ContenderSpec, FrontSpec, KindSpec};

impl<'de> Deserialize<'de> for ContenderSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut rest = Map::deserialize(deserializer)?;
        let front = FrontSpec {
            impute: take(&mut rest, "impute").map_err(D::Error::custom)?,
            scaling: take(&mut rest, "scaling").map_err(D::Error::custom)?,
            projection: take(&mut rest, "projection").map_err(D::Error::custom)?,
            whitening: take(&mut rest, "whitening").map_err(D::Error::custom)?,
        };
        let calibration = take(&mut rest, "calibration").map_err(D::Error::custom)?;
        let interval = take(&mut rest, "interval").map_err(D::Error::custom)?;
        let search = take(&mut rest, "search").map_err(D::Error::custom)?;
        let kind = rest.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        let model = KindSpec::deserialize(Value::Object(rest)).map_err(|e| {
            D::Error::custom(if kind.is_empty() { e.to_string() } else { format!("`{kind}`: {e}") })
        })?;
        Ok(Self { model, front, calibration, interval, search })
    }
}

/// Takes a key out, if it is there.
fn take<T: serde::de::DeserializeOwned>(
    rest: &mut Map<String, Value>,
    key: &str,
) -> Result<Option<T>, String> {
    let Some(value) = rest.remove(key) else { return Ok(None) };
    T::deserialize(value).map(Some).map_err(|e| format!("`{key}`: {e}"))
}
