//! What a request brings to say who it is.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::problem::Problem;

/// Where keys are sent.
const KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What a request brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    /// Nothing.
    Nothing,
    /// An API key.
    Key(&'a [u8]),
    /// What has the three parts of a JSON web token.
    Token(&'a str),
}

impl<'a> Credential<'a> {
    /// What stands in `x-api-key` or, without one, in `Authorization`.
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Self, Problem> {
        if let Some(key) = only(headers, &KEY)? {
            return Ok(Self::Key(key.as_bytes().trim_ascii()));
        }
        let Some(given) = only(headers, &header::AUTHORIZATION)? else {
            return Ok(Self::Nothing);
        };
        let text = given.to_str().map_err(|_| invalid("the header authorization is no text"))?;
        let bearer = text.trim().split_once(' ').filter(|(s, _)| s.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = bearer else {
            return Err(unauthenticated(
                "the header authorization is read as `Bearer` and a token, or send x-api-key",
            ));
        };
        let token = token.trim();
        if token.bytes().filter(|&byte| byte == b'.').count() == 2 {
            return Ok(Self::Token(token));
        }
        Ok(Self::Key(token.as_bytes()))
    }
}

/// The only value of a header. Of two, another server on the way might have checked the other one.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(invalid(format!("send the header {name} once")));
    }
    Ok(first)
}

/// Nothing that could be checked.
pub(super) fn unauthenticated(detail: impl Into<String>) -> Problem {
    let challenge = HeaderValue::from_static("Bearer realm=\"gauntlet\"");
    Problem::new(StatusCode::UNAUTHORIZED, detail).with_header(header::WWW_AUTHENTICATE, challenge)
}

/// What was checked and is not good, or not any more.
pub(super) fn invalid(detail: impl Into<String>) -> Problem {
    let challenge = "Bearer realm=\"gauntlet\", error=\"invalid_token\"";
    Problem::new(StatusCode::UNAUTHORIZED, detail)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn keys_and_tokens_are_told_apart() {
        for (name, value, expected) in [
            ("x-api-key", "k", Credential::Key(b"k")),
            ("x-api-key", "a.b.c", Credential::Key(b"a.b.c")),
            ("authorization", "Bearer k", Credential::Key(b"k")),
            ("authorization", "bearer  a.b.c", Credential::Token("a.b.c")),
            ("authorization", "Bearer a.b.c.d", Credential::Key(b"a.b.c.d")),
            ("cookie", "x-api-key=k", Credential::Nothing),
        ] {
            let headers = headers(&[(name, value.as_bytes())]);
            assert_eq!(Credential::of(&headers).unwrap(), expected);
        }
        let both = headers(&[("authorization", b"Basic eDp5"), ("x-api-key", b" k")]);
        assert_eq!(Credential::of(&both).unwrap(), Credential::Key(b"k"));
        assert_eq!(
            Credential::of(&headers(&[("x-api-key", b"\xff")])).unwrap(),
            Credential::Key(b"\xff")
        );
    }

    #[test]
    fn what_is_no_credential_says_what_is_one() {
        for (pairs, word) in [
            (&[("authorization", &b"Basic eDp5"[..])][..], "x-api-key"),
            (&[("authorization", b"Bearer")], "Bearer"),
            (&[("authorization", b"Bearer \xff")], "no text"),
            (&[("x-api-key", b"a"), ("x-api-key", b"b")], "once"),
            (&[("authorization", b"Bearer a"), ("authorization", b"Bearer b")], "once"),
        ] {
            let problem = Credential::of(&headers(pairs)).unwrap_err();
            assert_eq!(problem.status(), StatusCode::UNAUTHORIZED);
            assert!(problem.detail().contains(word), "{}", problem.detail());
        }
    }
}
