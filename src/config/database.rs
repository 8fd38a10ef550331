//! Where the service remembers.

use std::path::{Path, PathBuf};

/// A database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A `SQLite` file.
    Sqlite(PathBuf),
    /// `SQLite` in memory: forgotten at the end.
    SqliteMemory,
}

/// Why a text names no database. The text is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseFault {
    /// PostgreSQL comes later.
    #[error("names PostgreSQL, which is not available in this version")]
    NotYet,
    /// Another scheme, no path, or parameters.
    #[error("is not a database that Countersign knows")]
    Unknown,
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH` (relative to `root`) or `sqlite::memory:`.
    ///
    /// # Errors
    /// The [`DatabaseFault`].
    pub fn parse(text: &str, root: &Path) -> Result<Self, DatabaseFault> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Err(DatabaseFault::NotYet);
        }
        let path = text.strip_prefix("sqlite:").ok_or(DatabaseFault::Unknown)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        match path {
            ":memory:" => Ok(Self::SqliteMemory),
            "" => Err(DatabaseFault::Unknown),
            _ if path.contains('?') => Err(DatabaseFault::Unknown),
            _ => Ok(Self::Sqlite(root.join(path))),
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
        assert_eq!(parse("sqlite:data/x.db"), Ok(DatabaseUrl::Sqlite("/srv/data/x.db".into())));
        assert_eq!(parse("sqlite:///var/x.db"), Ok(DatabaseUrl::Sqlite("/var/x.db".into())));
        assert_eq!(parse("sqlite::memory:"), Ok(DatabaseUrl::SqliteMemory));
    }

    #[test]
    fn other_engines_and_parameters_are_refused() {
        assert_eq!(parse("postgres://u:p@h/d"), Err(DatabaseFault::NotYet));
        for text in ["mysql://h/d", "sqlite:", "sqlite:x.db?mode=ro", "data/x.db"] {
            assert_eq!(parse(text), Err(DatabaseFault::Unknown), "{text}");
        }
    }
}
