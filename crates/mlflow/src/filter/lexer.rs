//! Words of a filter.

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Names joined by dots, each bare or in quotes.
    Identifier,
    /// One of the language's own words.
    Keyword,
    /// `'...'`.
    Text,
    /// A number, with its sign.
    Number,
    /// `=`, `<=` and the like, also those that no subject has.
    Comparison,
    /// `(...)`, quotes inside respected.
    Group,
    /// Names and signs without a space between, as in `metrics.f1-score`.
    Operation,
    /// Anything else.
    Other,
}

/// A word and its text as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
}

impl Token<'_> {
    pub(super) fn is_keyword(&self, word: &str) -> bool {
        self.kind == Kind::Keyword && self.text.eq_ignore_ascii_case(word)
    }
}

const KEYWORDS: [&str; 12] =
    ["AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE", "RLIKE", "BETWEEN", "TRUE", "FALSE"];

/// Splits a filter into words; spaces are dropped.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (kind, length) = next(rest);
        let (word, after) = rest.split_at(length);
        tokens.push(Token { kind, text: word });
        rest = after.trim_start();
    }
    tokens
}

/// The kind and length of the word at the beginning of a text that begins with no space.
fn next(text: &str) -> (Kind, usize) {
    let Some(first) = text.chars().next() else {
        return (Kind::Other, 0);
    };
    if let Some(length) = number(text) {
        return (Kind::Number, length);
    }
    let found = match first {
        '\'' => quoted(text, '\'').map(|length| (Kind::Text, length)),
        '(' => group(text).map(|length| (Kind::Group, length)),
        '=' | '<' | '>' | '!' | '~' => Some((Kind::Comparison, comparison(text))),
        _ => identifier(text),
    };
    found.unwrap_or((Kind::Other, first.len_utf8()))
}

fn comparison(text: &str) -> usize {
    text.find(|c| !matches!(c, '=' | '<' | '>' | '!' | '~')).unwrap_or(text.len())
}

/// The length of a number that no letter follows.
fn number(text: &str) -> Option<usize> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let sign = usize::from(text.starts_with('-'));
    let whole = digits(&text[sign..]);
    let mut end = sign + whole;
    let mut fraction = 0;
    if text[end..].starts_with('.') {
        fraction = digits(&text[end + 1..]);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['-', '+']));
        let exponent = digits(&text[end + 1 + sign..]);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let letter_follows = text[end..].chars().next().is_some_and(|c| in_name(c) || c == '.');
    (!letter_follows).then_some(end)
}

fn identifier(text: &str) -> Option<(Kind, usize)> {
    let mut end = 0;
    loop {
        let part = &text[end..];
        let length = match part.chars().next() {
            Some(quote @ ('"' | '`')) => quoted(part, quote)?,
            Some('\'') if end > 0 => quoted(part, '\'')?,
            _ => part.find(|c| !in_name(c)).unwrap_or(part.len()),
        };
        end += length;
        if end == 0 {
            return None;
        }
        if !text[end..].starts_with('.') {
            break;
        }
        end += 1;
    }
    let operation = text[end..].find(|c: char| c.is_whitespace() || "=<>!~(),;'\"`".contains(c));
    let operation = operation.unwrap_or(text.len() - end);
    if operation > 0 {
        return Some((Kind::Operation, end + operation));
    }
    let keyword = KEYWORDS.iter().any(|word| text[..end].eq_ignore_ascii_case(word));
    Some((if keyword { Kind::Keyword } else { Kind::Identifier }, end))
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '@')
}

/// The length of a quoted text with its quotes. A doubled quote, or one after a backslash, ends it only if no
/// other does.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut last = None;
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                last = Some(at + 1);
                chars.next();
            } else {
                return Some(at + 1);
            }
        } else if c == '\\' && quote != '`' && chars.peek().is_some_and(|(_, next)| *next == quote)
        {
            last = Some(at + 2);
            chars.next();
        }
    }
    last
}

fn group(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let length = match c {
            '\'' | '"' | '`' => quoted(&text[at..], c)?,
            _ => c.len_utf8(),
        };
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        at += length;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        tokens(text).into_iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn words_need_no_spaces_between_them() {
        assert_eq!(
            kinds("metrics.`a b`<=-1.5e-3 and tags.\"x\".y='it''s'and run_id in ('a)', 'b')"),
            [
                (Kind::Identifier, "metrics.`a b`"),
                (Kind::Comparison, "<="),
                (Kind::Number, "-1.5e-3"),
                (Kind::Keyword, "and"),
                (Kind::Identifier, "tags.\"x\".y"),
                (Kind::Comparison, "="),
                (Kind::Text, "'it''s'"),
                (Kind::Keyword, "and"),
                (Kind::Identifier, "run_id"),
                (Kind::Keyword, "in"),
                (Kind::Group, "('a)', 'b')"),
            ]
        );
        assert_eq!(kinds("metrics.f1-score > 1and")[0], (Kind::Operation, "metrics.f1-score"));
        assert_eq!(kinds("metrics.f1-score > 1and")[2], (Kind::Identifier, "1and"));
    }

    #[test]
    fn whatever_is_given_is_split_without_loss() {
        for text in [
            "(",
            ")",
            "'",
            "`",
            "\"",
            "a.'",
            "((a)",
            "é=ü",
            "-",
            ".",
            "1.2.3",
            "a.`",
            "\u{0}",
            "🦀 = '🦀'",
        ] {
            let joined: String = tokens(text).iter().map(|token| token.text).collect();
            assert_eq!(joined, text.replace(' ', ""), "{text}");
        }
    }
}
