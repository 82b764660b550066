//! `order_by`: a name and a direction.

use super::clause::identifier;
use super::lexer::{Kind, tokens};
use crate::{Error, Result};

/// What to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy {
    /// What stands before the first dot, without backticks.
    pub entity: Option<String>,
    /// What stands after it, without quotes.
    pub key: String,
    /// Smallest first; the default.
    pub ascending: bool,
}

/// Reads one `order_by` clause.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` if it is more than a name and a direction.
pub fn parse_order_by(text: &str) -> Result<OrderBy> {
    let refused =
        || Error::invalid(format!("Invalid order_by clause '{text}'. Could not be parsed."));
    let tokens = tokens(text);
    let (name, direction) = match tokens.as_slice() {
        [name] => (name, None),
        [name, direction] => (name, Some(direction)),
        _ => return Err(refused()),
    };
    if name.kind != Kind::Identifier || text.starts_with(char::is_whitespace) {
        return Err(refused());
    }
    let ascending = match direction {
        None => true,
        Some(direction) if direction.text.eq_ignore_ascii_case("asc") => true,
        Some(direction) if direction.text.eq_ignore_ascii_case("desc") => false,
        Some(direction) if direction.kind == Kind::Identifier => {
            return Err(Error::invalid(format!(
                "Invalid ordering key in order_by clause '{text}'."
            )));
        }
        Some(_) => return Err(refused()),
    };
    let (entity, key) = identifier(name.text);
    Ok(OrderBy { entity, key, ascending })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_read_in_any_case() {
        let read = |text| {
            let OrderBy { entity, key, ascending } = parse_order_by(text).unwrap();
            (entity, key, ascending)
        };
        let metric = Some("metrics".to_owned());
        assert_eq!(read("start_time"), (None, "start_time".into(), true));
        assert_eq!(read("start_time  DESC"), (None, "start_time".into(), false));
        assert_eq!(read("metrics.`a/b` asc"), (metric.clone(), "a/b".into(), true));
        assert_eq!(read("metrics.\"a b\"\tDesc"), (metric, "a b".into(), false));
    }

    #[test]
    fn more_than_a_name_and_a_direction_is_refused() {
        for bad in [
            "",
            "  ",
            "a desc b",
            "a,b",
            "a;",
            "'a'",
            "metrics.a-b desc",
            "a + 1",
            " a",
            "metrics.`a",
            "1",
        ] {
            let message = format!("Invalid order_by clause '{bad}'. Could not be parsed.");
            assert_eq!(parse_order_by(bad), Err(Error::invalid(message)));
        }
        let message = "Invalid ordering key in order_by clause 'a foo'.";
        assert_eq!(parse_order_by("a foo"), Err(Error::invalid(message)));
    }
}
