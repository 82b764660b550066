//! Page tokens: where the next page begins, opaque to clients.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Error, Result};

/// The number of rows before a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageToken(pub i64);

impl PageToken {
    /// Reads a token; none, or an empty one, is the first page.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` if it is not one of ours.
    pub fn read(token: Option<&str>) -> Result<Self> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(Self::default());
        };
        let invalid = |what| Error::invalid(format!("Invalid page token, {what}"));
        let bytes = STANDARD.decode(token).map_err(|_| invalid("could not base64-decode"))?;
        let value: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|_| invalid("could not decode JSON"))?;
        match value.get("offset").and_then(serde_json::Value::as_i64) {
            Some(offset) if offset >= 0 => Ok(Self(offset)),
            _ => Err(invalid("it holds no offset")),
        }
    }

    /// Writes it as MLflow does.
    #[must_use]
    pub fn write(self) -> String {
        STANDARD.encode(format!("{{\"offset\": {}}}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_others_are_refused() {
        assert_eq!(PageToken::read(Some(&PageToken(70).write())), Ok(PageToken(70)));
        assert_eq!(PageToken::read(None), Ok(PageToken(0)));
        for bad in ["?", "e30=", "bm8=", "eyJvZmZzZXQiOiAtMX0="] {
            assert!(PageToken::read(Some(bad)).is_err(), "{bad}");
        }
    }
}
