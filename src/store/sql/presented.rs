//! The statements that read at one moment all that a request is judged by. Each part may be missing;
//! its first column is never NULL when it is there.

/// A part by its condition.
macro_rules! part {
    ($columns:expr, $table:expr, $name:literal, $condition:expr) => {
        concat!(" LEFT JOIN (SELECT ", $columns, " FROM ", $table, ") ", $name, " ON ", $condition)
    };
}

/// The same for each row of those before it. `OFFSET 0` keeps it apart: it is looked up row by row, in the
/// index of its key, and never by reading the whole table.
macro_rules! part_of_each {
    ($columns:expr, $table:expr, $name:literal, $condition:expr) => {
        concat!(
            " LEFT JOIN LATERAL (SELECT ",
            $columns,
            " FROM ",
            $table,
            " ",
            $name,
            " WHERE ",
            $condition,
            " OFFSET 0) ",
            $name,
            " ON TRUE"
        )
    };
}

macro_rules! presented {
    ($part:ident, $client:literal, $now:literal, $columns:expr, $table:literal, $is_it:expr) => {
        concat!(
            $part!(
                client!(),
                "clients",
                "c",
                concat!(
                    "c.id = ",
                    $client,
                    " AND (c.expires_at IS NULL OR c.expires_at > ",
                    $now,
                    ")"
                )
            ),
            $part!($columns, $table, "r", $is_it),
            $part!(user!(), "users", "u", "u.id = r.user_id"),
            $part!(
                identity!(),
                "identities",
                "i",
                "i.provider_id = r.provider_id AND i.issuer = r.issuer \
                 AND i.subject = r.subject AND i.user_id = u.id"
            )
        )
    };
}

macro_rules! present {
    ($columns:expr, $table:literal, $key:literal) => {
        concat!(
            "SELECT c.*, r.*, u.*, i.* FROM (SELECT 1 AS one) o",
            presented!(part, "$1", "$2", $columns, $table, concat!("r.", $key, " = $3"))
        )
    };
}

/// For PostgreSQL: for each row of three arrays, after its number.
macro_rules! present_each {
    ($columns:expr, $table:literal, $key:literal) => {
        concat!(
            "SELECT o.number, c.*, r.*, u.*, i.* FROM \
             unnest($1::TEXT[], $2::BIGINT[], $3::BYTEA[]) WITH ORDINALITY \
             AS o (client, now, key, number)",
            presented!(
                part_of_each,
                "o.client",
                "o.now",
                $columns,
                $table,
                concat!("r.", $key, " = o.key")
            )
        )
    };
}

pub(in crate::store) const PRESENT_CODE: &str = present!(code!(), "codes", "digest");
pub(in crate::store) const PRESENT_GRANT: &str = present!(grant!(), "grants", "id");
pub(in crate::store) const PRESENT_CODES: &str = present_each!(code!(), "codes", "digest");
pub(in crate::store) const PRESENT_GRANTS: &str = present_each!(grant!(), "grants", "id");
pub(in crate::store) const PERSON: &str = concat!(
    "SELECT u.*, i.* FROM (SELECT ",
    user!(),
    " FROM users) u LEFT JOIN (SELECT ",
    identity!(),
    " FROM identities) i ON i.user_id = u.id AND i.provider_id = $1 AND i.issuer = $2 \
     AND i.subject = $3 WHERE u.id = $4"
);

/// How many columns each part has.
pub(in crate::store) mod width {
    pub(in crate::store) const CLIENT: usize = of(client!());
    pub(in crate::store) const CODE: usize = of(code!());
    pub(in crate::store) const GRANT: usize = of(grant!());
    pub(in crate::store) const USER: usize = of(user!());
    pub(in crate::store) const IDENTITY: usize = of(identity!());

    const fn of(columns: &str) -> usize {
        let (bytes, mut at, mut commas) = (columns.as_bytes(), 0, 0);
        while at < bytes.len() {
            if bytes[at] == b',' {
                commas += 1;
            }
            at += 1;
        }
        commas + 1
    }
}
