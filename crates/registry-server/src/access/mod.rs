//! Who may do what.
//!
//! A role is asked for where a route is added (`routes::Routes`), never by looking at a path: no other
//! spelling of an address, prefix or method can reach a handler past it.

mod tokens;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gauntlet_mlflow::{Error, ErrorCode};
use serde::Deserialize;

use crate::answer::{Answer, Refusal};

pub use tokens::{NewToken, Token, TokenError, Tokens};

/// What a token allows; each role includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// To look at everything.
    Read,
    /// To log, register and delete.
    Write,
    /// To move the aliases of protected models as well.
    Promote,
}

impl Role {
    /// Its word in files and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Promote => "promote",
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The token's name; `None` where no token is asked for.
    pub(crate) name: Option<String>,
    /// What they may.
    pub(crate) role: Role,
}

impl Caller {
    /// Who acts, for the history: the token's name, or what the request says where no token is asked for.
    pub(crate) fn who(&self, said: String) -> String {
        self.name.clone().unwrap_or(said)
    }
}

/// Finds out who asks, and whether they may.
pub(crate) fn admit(tokens: &Tokens, headers: &HeaderMap, needs: Role) -> Answer<Caller> {
    if tokens.is_empty() {
        return Ok(Caller { name: None, role: Role::Promote });
    }
    let Some(secret) = secret(headers) else {
        return Err(unauthenticated("This server asks for a token: set MLFLOW_TRACKING_TOKEN."));
    };
    let Some(token) = tokens.find(&secret) else {
        return Err(unauthenticated("The token is not known."));
    };
    if token.role < needs {
        let message = format!(
            "Permission denied: the token `{}` has the role `{}`, this needs `{}`.",
            token.name,
            token.role.as_str(),
            needs.as_str()
        );
        let error = Error::new(ErrorCode::PermissionDenied, message);
        return Err(error.into());
    }
    Ok(Caller { name: Some(token.name.clone()), role: token.role })
}

/// The token of a request: a bearer's, or the password of a user, whatever the user's name.
fn secret(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = given.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (_, password) = decoded.split_once(':')?;
    Some(password.to_owned())
}

fn unauthenticated(message: &str) -> Refusal {
    let refusal = Refusal::with_status(
        StatusCode::UNAUTHORIZED,
        Error::new(ErrorCode::Unauthenticated, message),
    );
    let mut response = refusal.into_response();
    let challenge = HeaderValue::from_static("Basic realm=\"mlflow\", Bearer");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(header: Option<&str>, needs: Role) -> u16 {
        let tokens = Tokens::from_pairs([("ann", Role::Write, "s3cret-s3cret-s3cret")]).unwrap();
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        match admit(&tokens, &headers, needs) {
            Ok(caller) => {
                assert_eq!(caller.who("mallory".into()), "ann");
                200
            }
            Err(refusal) => refusal.into_response().status().as_u16(),
        }
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn bearers_and_users_with_a_password_are_understood() {
        assert_eq!(status(Some("Bearer s3cret-s3cret-s3cret"), Role::Read), 200);
        assert_eq!(status(Some("bearer s3cret-s3cret-s3cret"), Role::Write), 200);
        assert_eq!(status(Some(&basic("anyone:s3cret-s3cret-s3cret")), Role::Write), 200);
        assert_eq!(status(Some("Bearer s3cret-s3cret-s3cret"), Role::Promote), 403);
    }

    #[test]
    fn without_a_known_token_nobody_is_admitted() {
        for header in ["Bearer s3cret-s3cret-s3cre", "Bearer", "Bearer ", "Basic !", "Digest x"] {
            assert_eq!(status(Some(header), Role::Read), 401, "{header}");
        }
        for pair in ["s3cret-s3cret-s3cret", "s3cret-s3cret-s3cret:", "admin:password1234", ":"] {
            assert_eq!(status(Some(&basic(pair)), Role::Read), 401, "{pair}");
        }
        assert_eq!(status(None, Role::Read), 401);
    }

    #[test]
    fn without_tokens_everybody_is_who_they_say() {
        let caller = admit(&Tokens::default(), &HeaderMap::new(), Role::Promote).unwrap();
        assert_eq!(caller.who("ann".into()), "ann");
    }
}
