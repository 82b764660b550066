//! Lists of quoted texts: `('a', "b")`.

use crate::{Error, Result};

/// Reads the texts of a list, in its parentheses. Backslashes escape as in Python.
pub(super) fn parse(group: &str) -> Result<Vec<String>> {
    let mut rest = group[1..group.len() - 1].trim();
    let mut list = Vec::new();
    if rest.is_empty() {
        return Err(refused("but got empty list"));
    }
    while !rest.is_empty() {
        let Some(quote @ ('\'' | '"')) = rest.chars().next() else {
            return Err(Error::invalid(format!(
                "While parsing a list in the query, expected string value, punctuation, or whitespace, but got \
                different type in list: {group}"
            )));
        };
        let (value, after) = text(&rest[1..], quote).ok_or_else(ill_formed)?;
        list.push(value);
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',').ok_or_else(ill_formed)?.trim_start();
        }
    }
    Ok(list)
}

/// The text up to a quote, and what follows the quote.
fn text(source: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = source.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((value, &source[at + quote.len_utf8()..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                escaped @ ('\\' | '\'' | '"') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            _ => value.push(c),
        }
    }
    None
}

fn refused(what: &str) -> Error {
    Error::invalid(format!(
        "While parsing a list in the query, expected a non-empty list of string values, {what}"
    ))
}

fn ill_formed() -> Error {
    refused("but got ill-formed list.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_quoted_texts_only() {
        assert_eq!(parse("('a', \"b\" ,'c\\'d')").unwrap(), ["a", "b", "c'd"]);
        assert_eq!(parse("( 'a' , )").unwrap(), ["a"]);
        for bad in ["()", "( )", "(a)", "(1)", "('a' 'b')", "('a', 1)", "('a)", "(,)"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
