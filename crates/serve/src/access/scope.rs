//! What a caller may do.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// One thing that a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Scope {
    /// To ask for predictions and forecasts.
    Predict,
    /// To see which models and versions there are.
    Read,
    /// To have readings looked through for anomalies.
    Anomaly,
    /// To have readings compared with the training data.
    Drift,
    /// To change what the server does; includes all others.
    Admin,
}

/// The word that names no scope.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no scope: there are `ml:predict`, `ml:read`, `ml:anomaly`, `ml:drift` and `admin`"
)]
pub(crate) struct UnknownScope(String);

impl Scope {
    /// All there are.
    pub(crate) const ALL: [Self; 5] =
        [Self::Predict, Self::Read, Self::Anomaly, Self::Drift, Self::Admin];

    /// Its word in files, tokens and messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Predict => "ml:predict",
            Self::Read => "ml:read",
            Self::Anomaly => "ml:anomaly",
            Self::Drift => "ml:drift",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        named.ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

impl TryFrom<String> for Scope {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Scopes(u8);

impl Scopes {
    /// Everything.
    pub(crate) const ALL: Self = Self(0b1_1111);
    /// Everything but to change what the server does.
    pub(crate) const NOT_ADMIN: Self = Self(0b0_1111);

    /// Whether `need` is among them, or all are.
    pub(crate) fn allow(self, need: Scope) -> bool {
        self.0 & (bit(need) | bit(Scope::Admin)) != 0
    }
}

fn bit(scope: Scope) -> u8 {
    1 << scope as u8
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | bit(scope)))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Scope::ALL.iter().filter(|scope| self.0 & bit(**scope) != 0)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_read_as_it_is_written_and_nothing_else_is() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        let error = "ml:Predict".parse::<Scope>().unwrap_err().to_string();
        assert!(error.contains("`ml:Predict`") && error.contains("`ml:drift`"), "{error}");
    }

    #[test]
    fn an_admin_may_everything_and_others_what_they_were_given() {
        let some = Scopes::from_iter([Scope::Predict, Scope::Drift]);
        assert!(some.allow(Scope::Predict) && some.allow(Scope::Drift));
        assert!(!some.allow(Scope::Read) && !some.allow(Scope::Admin));
        let admin = Scopes::from_iter([Scope::Admin]);
        for scope in Scope::ALL {
            assert!(admin.allow(scope) && Scopes::ALL.allow(scope));
            assert!(!Scopes::default().allow(scope));
            assert_eq!(Scopes::NOT_ADMIN.allow(scope), scope != Scope::Admin);
        }
    }
}
