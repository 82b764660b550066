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
        let invalid = |what: &str| Error::invalid(format!("Invalid page token, {what}"));
        let bytes = STANDARD.decode(token).map_err(|_| invalid("could not base64-decode"))?;
        let value: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|_| invalid("could not decode JSON"))?;
        let offset = value.get("offset").filter(|offset| !offset.is_null());
        let offset = offset.ok_or_else(|| invalid(&format!("parsed value={value}")))?;
        let number = match offset {
            serde_json::Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        let shown = || offset.as_str().map_or_else(|| offset.to_string(), str::to_owned);
        let number: i64 = number.ok_or_else(|| invalid(&format!("not stringable {}", shown())))?;
        // Before the first row there is nothing to leave out.
        Ok(Self(number.max(0)))
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
        assert_eq!(PageToken::read(Some("eyJvZmZzZXQiOiAtMX0=")), Ok(PageToken(0)));
        for (bad, said) in [
            ("?", "could not base64-decode"),
            ("bm8=", "could not decode JSON"),
            ("e30=", "parsed value={}"),
            ("eyJvZmZzZXQiOiAieCJ9", "not stringable x"),
        ] {
            let error = PageToken::read(Some(bad)).unwrap_err();
            assert_eq!(error.message, format!("Invalid page token, {said}"));
        }
    }
}
