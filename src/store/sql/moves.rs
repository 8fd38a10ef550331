//! The statements about moves to another engine.

pub(in crate::store) const NAME: &str = "INSERT INTO moves (source, table_name, after) \
    SELECT CAST($1 AS TEXT), '', 'source' \
    WHERE NOT EXISTS (SELECT 1 FROM moves WHERE after = 'source')";
pub(in crate::store) const NAMED: &str = "SELECT source FROM moves WHERE after = 'source'";
pub(in crate::store) const MOVED: &str = "SELECT table_name, after FROM moves WHERE source = $1 AND after <> 'source' ORDER BY table_name";
pub(in crate::store) const NOTE_MOVED: &str = "INSERT INTO moves (source, table_name, after) \
    VALUES ($1, $2, $3) ON CONFLICT (source, table_name) DO UPDATE SET after = excluded.after";
