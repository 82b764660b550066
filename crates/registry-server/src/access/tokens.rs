//! Tokens: who holds one, what it allows, and its digest.
//!
//! A token is 32 random bytes, so a plain SHA-256 of it tells nothing: there is no dictionary of those. What is kept
//! here and in the file is that digest alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gauntlet_core::Digest;
use serde::Deserialize;

use super::Role;

/// Fewer characters than this are a password, not a token.
const LEAST: usize = 16;

/// A token that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Who holds it; it stands in the history.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// The SHA-256 of it.
    pub sha256: Digest,
}

/// The tokens that are accepted; none means that nobody is asked for one.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Vec<Token>);

/// Why tokens cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("the tokens cannot be read")]
    Io(#[from] std::io::Error),
    /// The file is not as it should be.
    #[error("{} cannot be used: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A token of the environment is not as it should be.
    #[error("`{name}` cannot be used: {problem}")]
    Pair {
        /// The token's name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Token>,
}

impl Tokens {
    /// Reads a TOML file of `[[token]]` tables with `name`, `role` and `sha256`.
    ///
    /// # Errors
    /// It cannot be read, holds no token, or one name or token twice.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = fs_err::read_to_string(path)?;
        let unusable = |problem: String| TokenError::File { path: path.to_owned(), problem };
        let file: File = toml::from_str(&text).map_err(|e| unusable(e.to_string()))?;
        if file.token.is_empty() {
            return Err(unusable("it holds no token; `gauntlet registry token` makes one".into()));
        }
        let (mut names, mut digests) = (BTreeSet::new(), BTreeSet::new());
        for token in &file.token {
            if token.name.trim().is_empty() || !names.insert(&token.name) {
                return Err(unusable(format!(
                    "the name `{}` is empty or stands twice",
                    token.name
                )));
            }
            if !digests.insert(token.sha256) {
                return Err(unusable(format!("the token of `{}` stands twice", token.name)));
            }
        }
        Ok(Self(file.token))
    }

    /// Tokens that were given as they are.
    ///
    /// # Errors
    /// One is too short to be a token.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, Role, &'a str)>,
    ) -> Result<Self, TokenError> {
        pairs
            .into_iter()
            .map(|(name, role, secret)| {
                if secret.chars().count() < LEAST {
                    let problem =
                        "it has fewer than 16 characters; `gauntlet registry token` makes one";
                    return Err(TokenError::Pair { name: name.to_owned(), problem });
                }
                let sha256 = Digest::of(secret.as_bytes());
                Ok(Token { name: name.to_owned(), role, sha256 })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// These tokens and those.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Whether nobody is asked for a token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The token that `secret` is. All are compared in full, whatever the first ones say.
    pub(super) fn find(&self, secret: &str) -> Option<&Token> {
        let digest = Digest::of(secret.as_bytes());
        self.0.iter().fold(
            None,
            |found, token| if same(&digest, &token.sha256) { Some(token) } else { found },
        )
    }
}

fn same(a: &Digest, b: &Digest) -> bool {
    let differences = a.bytes().iter().zip(b.bytes()).fold(0, |bits, (a, b)| bits | (a ^ b));
    std::hint::black_box(differences) == 0
}

/// A token that was just made. It is shown once.
pub struct NewToken {
    /// What the client sends.
    pub secret: String,
    /// What the server keeps.
    pub sha256: Digest,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken").field("sha256", &self.sha256).finish_non_exhaustive()
    }
}

impl NewToken {
    /// Makes a token of 32 random bytes.
    ///
    /// # Errors
    /// The system gives none.
    pub fn make() -> Result<Self, TokenError> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| TokenError::Random(error.to_string()))?;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let secret = format!("gnt_{hex}");
        Ok(Self { sha256: Digest::of(secret.as_bytes()), secret })
    }

    /// The table of the tokens file that accepts it.
    #[must_use]
    pub fn table(&self, name: &str, role: Role) -> String {
        let name = toml::Value::from(name);
        format!(
            "[[token]]\nname = {name}\nrole = \"{}\"\nsha256 = \"{}\"\n",
            role.as_str(),
            self.sha256
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Tokens, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.toml");
        fs_err::write(&path, text).unwrap();
        Tokens::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_new_token_is_accepted_by_the_file_it_writes() {
        let (ann, bob) = (NewToken::make().unwrap(), NewToken::make().unwrap());
        let file = ann.table("ann \"the\" boss", Role::Promote) + &bob.table("bob", Role::Read);
        let tokens = read(&file).unwrap();
        assert_eq!(tokens.find(&ann.secret).unwrap().name, "ann \"the\" boss");
        assert_eq!(tokens.find(&bob.secret).unwrap().role, Role::Read);
        assert_eq!(tokens.find("gnt_"), None);
        assert_ne!(ann.secret, bob.secret);
        assert!(!file.contains(&ann.secret) && !format!("{ann:?}").contains(&ann.secret));
    }

    #[test]
    fn a_file_that_admits_nobody_or_anybody_is_refused() {
        let token = NewToken::make().unwrap();
        let one = token.table("ann", Role::Read);
        for (text, problem) in [
            (String::new(), "holds no token"),
            (one.clone() + &one, "stands twice"),
            (one.clone() + &token.table("bob", Role::Read), "stands twice"),
            (one.replace("ann", " "), "is empty"),
            (one.replace("read", "admin"), "admin"),
            (one.replace("sha256", "secret"), "secret"),
        ] {
            let message = read(&text).unwrap_err();
            assert!(message.contains(problem), "{message}");
        }
    }

    #[test]
    fn a_short_secret_is_no_token() {
        assert!(Tokens::from_pairs([("env", Role::Write, "password")]).is_err());
    }
}
