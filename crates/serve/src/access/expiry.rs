//! The moment until which a key is good.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::{
    Deserialize, Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer,
};
use toml::value::Datetime;

use crate::time;

/// A moment, in seconds since 1970. In a file it is a date and time with an offset (RFC 3339), quoted or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expiry(i64);

impl Expiry {
    /// Whether it is over.
    pub(super) fn is_over(self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0 <= i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
    }

    fn new(moment: Datetime) -> Result<Self, String> {
        time::since_1970(&moment).map(|(seconds, _)| Self(seconds))
    }
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Moment;
        impl<'de> Visitor<'de> for Moment {
            type Value = Expiry;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a moment such as 2030-01-31T12:00:00Z")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Expiry, E> {
                let wrong = |error| E::custom(format!("`{text}` is no moment: {error}"));
                Expiry::new(text.parse().map_err(wrong)?).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expiry, A::Error> {
                let moment = Datetime::deserialize(MapAccessDeserializer::new(map))?;
                Expiry::new(moment).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(Moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<i64, String> {
        #[derive(serde::Deserialize)]
        struct File {
            expires: Expiry,
        }
        let file: Result<File, _> = toml::from_str(&format!("expires = {value}"));
        file.map(|file| file.expires.0).map_err(|error| error.to_string())
    }

    #[test]
    fn moments_are_read_with_their_offsets_quoted_or_not() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2024-03-01T01:59:59+02:00", 1_709_251_199),
            ("2100-03-01T00:00:00-00:30", 4_107_544_200),
            ("2026-12-31T23:59:59.5Z", 1_798_761_599),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
            assert_eq!(read(&format!("\"{text}\"")), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused_with_its_line() {
        for text in ["2030-01-31", "2030-01-31T12:00:00", "\"2030-01-31\"", "12:00:00"] {
            let error = read(text).unwrap_err();
            assert!(error.contains("offset such as Z") && error.contains("line 1"), "{error}");
        }
        assert!(read("\"tomorrow\"").unwrap_err().contains("tomorrow"));
        assert!(read("5").unwrap_err().contains("2030-01-31T12:00:00Z"));
    }

    #[test]
    fn the_past_is_over_and_the_future_is_not() {
        assert!(Expiry(1_700_000_000).is_over());
        assert!(!Expiry(4_102_444_800).is_over());
    }
}
