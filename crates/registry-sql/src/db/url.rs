//! Addresses of databases, as MLflow's users write them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// `postgresql://user:password@host:port/database`.
    Postgres(String),
}

/// An address that names no database we can open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{scheme}` names no database that can be opened: use sqlite:///path/to/file.db or \
    postgresql://user:password@host:port/database"
)]
pub struct UrlError {
    /// What stands before `://`; never the rest, which may hold a password.
    pub scheme: String,
}

impl DatabaseUrl {
    /// The database in a file.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self::Sqlite(path.to_owned())
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    /// SQLAlchemy's form, a driver after `+` included: `sqlite:///relative`, `sqlite:////absolute`.
    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
        let refused = || UrlError { scheme: scheme.to_owned() };
        let dialect = scheme.split('+').next().unwrap_or_default();
        match dialect {
            "sqlite" => {
                let path = rest.strip_prefix('/').ok_or_else(refused)?;
                let path = path.split('?').next().unwrap_or_default();
                if path.is_empty() || path == ":memory:" {
                    return Err(refused());
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            "postgresql" | "postgres" if !rest.is_empty() => {
                Ok(Self::Postgres(format!("postgresql://{rest}")))
            }
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:///{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                write!(f, "postgresql://{}", host.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_mlflow_reads_them() {
        let read = |text: &str| text.parse::<DatabaseUrl>();
        assert_eq!(read("sqlite:///mlflow.db"), Ok(DatabaseUrl::file(Path::new("mlflow.db"))));
        assert_eq!(read("sqlite:////a/b.db"), Ok(DatabaseUrl::file(Path::new("/a/b.db"))));
        let postgres = DatabaseUrl::Postgres("postgresql://u:p@h:1/d".into());
        assert_eq!(read("postgresql+psycopg2://u:p@h:1/d"), Ok(postgres.clone()));
        assert_eq!(read("postgres://u:p@h:1/d"), Ok(postgres));
        for bad in ["", "mysql://u:p@h/d", "sqlite://", "sqlite:///", "./mlruns", "postgresql://"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_password_is_ever_shown() {
        let url: DatabaseUrl = "postgresql://ann:secret@h:5432/d?sslmode=require".parse().unwrap();
        assert_eq!(url.to_string(), "postgresql://h:5432/d");
        assert_eq!(format!("{url:?}"), "postgresql://h:5432/d");
        let error = "mysql://ann:secret@h/d".parse::<DatabaseUrl>().unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }
}
