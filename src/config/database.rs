//! Where the service remembers.

use std::path::{Path, PathBuf};

use crate::store::postgres::{Address, AddressFault};

/// A database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A `SQLite` file.
    SqliteFile(PathBuf),
    /// `SQLite` in memory: forgotten at the end.
    SqliteMemory,
    /// PostgreSQL, or what speaks its protocol.
    Postgres(Address),
}

/// Why a text names no database. The text is not repeated: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseFault {
    /// PostgreSQL, and not as it is named.
    #[error(transparent)]
    Postgres(#[from] AddressFault),
    /// Another scheme, no path, or parameters.
    #[error("is not a database that Countersign knows")]
    Unknown,
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH` (relative to `root`), `sqlite::memory:` or `postgres://…`.
    ///
    /// # Errors
    /// The [`DatabaseFault`].
    pub fn parse(text: &str, root: &Path) -> Result<Self, DatabaseFault> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Address::parse(text, root)?));
        }
        let path = text.strip_prefix("sqlite:").ok_or(DatabaseFault::Unknown)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        match path {
            ":memory:" => Ok(Self::SqliteMemory),
            "" => Err(DatabaseFault::Unknown),
            _ if path.contains('?') => Err(DatabaseFault::Unknown),
            _ => Ok(Self::SqliteFile(root.join(path))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DatabaseUrl, DatabaseFault> {
        DatabaseUrl::parse(text, Path::new("/srv"))
    }

    #[test]
    fn a_relative_path_is_below_the_root() {
        assert_eq!(parse("sqlite:data/x.db"), Ok(DatabaseUrl::SqliteFile("/srv/data/x.db".into())));
        assert_eq!(parse("sqlite:///var/x.db"), Ok(DatabaseUrl::SqliteFile("/var/x.db".into())));
        assert_eq!(parse("sqlite::memory:"), Ok(DatabaseUrl::SqliteMemory));
    }

    #[test]
    fn postgresql_is_named_by_either_scheme() {
        for scheme in ["postgres", "postgresql"] {
            let named = parse(&format!("{scheme}://u:p@h/d"));
            assert!(matches!(named, Ok(DatabaseUrl::Postgres(_))), "{named:?}");
        }
        assert_eq!(parse("postgres://h/d"), Err(AddressFault::Missing("user").into()));
    }

    #[test]
    fn other_engines_and_parameters_are_refused() {
        for text in ["mysql://h/d", "sqlite:", "sqlite:x.db?mode=ro", "data/x.db"] {
            assert_eq!(parse(text), Err(DatabaseFault::Unknown), "{text}");
        }
    }
}
