//! Formulas as text: `+ - * /`, brackets, `min`, `max`, `abs`, `log`, `pick` and the constant `pi`.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::{Expr, FeatureError};

/// How deep brackets may nest, so that a hostile formula cannot exhaust the stack.
const MAX_DEPTH: usize = 64;

/// Reads a formula, such as `max(a - b, pick(Type, L = 11000, M = 12000))`.
///
/// `pick(Column, CASE = number, ..., else = number)` chooses by category; without `else` any other
/// category gives NaN. Names are letters, digits and `_`, and columns with other names are written
/// between backticks.
///
/// # Errors
/// What was expected, and at which character.
pub fn parse(formula: &str) -> Result<Expr, FeatureError> {
    let mut parser = Parser { formula, chars: formula.char_indices().peekable(), depth: 0 };
    let expr = parser.sum()?;
    match parser.peek() {
        None => Ok(expr),
        Some(c) => Err(parser.error(format!("unexpected `{c}`"))),
    }
}

struct Parser<'a> {
    formula: &'a str,
    chars: Peekable<CharIndices<'a>>,
    depth: usize,
}

impl Parser<'_> {
    fn error(&mut self, problem: String) -> FeatureError {
        let byte = self.chars.peek().map_or(self.formula.len(), |(at, _)| *at);
        let at = self.formula[..byte].chars().count() + 1;
        FeatureError::Formula { formula: self.formula.to_owned(), problem, at }
    }

    fn peek(&mut self) -> Option<char> {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        self.chars.peek().map(|(_, c)| *c)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.chars.next();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), FeatureError> {
        if self.take(wanted) { Ok(()) } else { Err(self.error(format!("expected `{wanted}`"))) }
    }

    fn sum(&mut self) -> Result<Expr, FeatureError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("more than {MAX_DEPTH} brackets inside one another")));
        }
        let mut left = self.product()?;
        loop {
            if self.take('+') {
                left = Expr::Add(Box::new(left), Box::new(self.product()?));
            } else if self.take('-') {
                left = Expr::Subtract(Box::new(left), Box::new(self.product()?));
            } else {
                self.depth -= 1;
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Expr, FeatureError> {
        let mut left = self.atom()?;
        loop {
            if self.take('*') {
                left = Expr::Multiply(Box::new(left), Box::new(self.atom()?));
            } else if self.take('/') {
                left = Expr::Divide(Box::new(left), Box::new(self.atom()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn atom(&mut self) -> Result<Expr, FeatureError> {
        match self.peek() {
            Some('(') => {
                self.chars.next();
                let inner = self.sum()?;
                self.expect(')')?;
                Ok(inner)
            }
            Some('-' | '0'..='9' | '.') => Ok(Expr::Constant(self.number()?)),
            Some('`') => Ok(Expr::Column(self.name()?)),
            Some(c) if is_name(c) => {
                let name = self.name()?;
                if self.take('(') { self.call(&name) } else { Ok(named(name)) }
            }
            Some(c) => Err(self.error(format!("unexpected `{c}`"))),
            None => Err(self.error("the formula ends where a value should stand".to_owned())),
        }
    }

    fn call(&mut self, function: &str) -> Result<Expr, FeatureError> {
        let expr = match function {
            "abs" => Expr::Abs(Box::new(self.sum()?)),
            "log" => Expr::Log(Box::new(self.sum()?)),
            "min" => self.fold(Expr::Min)?,
            "max" => self.fold(Expr::Max)?,
            "pick" => self.pick()?,
            _ => return Err(self.error(format!("`{function}` is not min, max, abs, log or pick"))),
        };
        self.expect(')')?;
        Ok(expr)
    }

    fn fold(&mut self, op: fn(Box<Expr>, Box<Expr>) -> Expr) -> Result<Expr, FeatureError> {
        let mut all = self.sum()?;
        while self.take(',') {
            all = op(Box::new(all), Box::new(self.sum()?));
        }
        Ok(all)
    }

    fn pick(&mut self) -> Result<Expr, FeatureError> {
        let column = self.name()?;
        let (mut cases, mut otherwise) = (Vec::<(String, f64)>::new(), f64::NAN);
        while self.take(',') {
            let case = self.name()?;
            self.expect('=')?;
            let value = self.number()?;
            if cases.iter().any(|(known, _)| *known == case) {
                return Err(self.error(format!("case `{case}` stands twice")));
            }
            if case == "else" {
                otherwise = value;
            } else {
                cases.push((case, value));
            }
        }
        if cases.is_empty() {
            return Err(self.error("`pick` needs cases, as in `pick(Type, L = 1)`".to_owned()));
        }
        Ok(Expr::Pick { column, cases, otherwise })
    }

    fn name(&mut self) -> Result<String, FeatureError> {
        let mut name = String::new();
        if self.take('`') {
            while let Some((_, c)) = self.chars.next_if(|(_, c)| *c != '`') {
                name.push(c);
            }
            self.expect('`')?;
        } else {
            self.peek();
            while let Some((_, c)) = self.chars.next_if(|(_, c)| is_name(*c)) {
                name.push(c);
            }
        }
        if name.is_empty() { Err(self.error("expected a name".to_owned())) } else { Ok(name) }
    }

    fn number(&mut self) -> Result<f64, FeatureError> {
        let mut text = String::new();
        if self.take('-') {
            text.push('-');
        }
        self.peek();
        while let Some((_, c)) = self.chars.next_if(|(_, c)| {
            c.is_ascii_digit()
                || matches!(c, '.' | 'e' | 'E')
                || (matches!(c, '-' | '+') && text.ends_with(['e', 'E']))
        }) {
            text.push(c);
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(self.error(format!("`{text}` is not a number"))),
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn named(name: String) -> Expr {
    if name == "pi" { Expr::Constant(std::f64::consts::PI) } else { Expr::Column(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::{Column, Frame};
    use proptest::prelude::*;

    fn value(formula: &str) -> f64 {
        let frame = Frame::new([
            ("a".to_owned(), Column::Number(vec![6.0])),
            ("Type".to_owned(), Column::Text(vec!["M".into()])),
            ("Torque [Nm]".to_owned(), Column::Number(vec![2.5])),
        ])
        .unwrap();
        parse(formula).unwrap().eval(&frame).unwrap()[0]
    }

    #[test]
    fn computes_with_the_usual_precedence() {
        assert_eq!(value("1 + a * 2 - 8 / 4"), 11.0);
        assert_eq!(value("(1 + a) * -2"), -14.0);
        assert_eq!(value("10 - 3 - 2"), 5.0);
        assert_eq!(value("2e1 * `Torque [Nm]`"), 50.0);
        assert_eq!(value("min(a, 3, 4) + max(1, 2) + abs(-5)"), 10.0);
    }

    #[test]
    fn picks_by_category() {
        assert_eq!(value("pick(Type, L = 1, M = 2)"), 2.0);
        assert!(value("pick(Type, L = 1)").is_nan());
        assert_eq!(value("pick(Type, L = 1, else = -7)"), -7.0);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (formula, at, word) in [
            ("a +", 4, "ends"),
            ("a + * 2", 5, "unexpected"),
            ("(a", 3, "expected `)`"),
            ("sqrt(a)", 6, "not min"),
            ("pick(Type)", 10, "needs cases"),
            ("1..2", 5, "not a number"),
            ("a b", 3, "unexpected"),
        ] {
            match parse(formula) {
                Err(FeatureError::Formula { problem, at: found, .. }) => {
                    assert!(problem.contains(word), "{formula}: {problem}");
                    assert_eq!(found, at, "{formula}");
                }
                other => panic!("{formula}: {other:?}"),
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_crashed_on() {
        assert!(parse(&"(".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-+*/(), a-z0-9.=`]{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn reads_back_what_it_prints(x in -1e9_f64..1e9, y in -1e-9_f64..1e-9) {
            let formula = format!("max(a * ({x:?} - 3), b / pick(T, L = {y:?}, else = 2))");
            let expr = parse(&formula).unwrap();
            prop_assert_eq!(parse(&expr.to_string()).unwrap(), expr);
        }
    }
}
