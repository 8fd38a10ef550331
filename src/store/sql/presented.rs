//! The statements that read at one moment all that a request is judged by. Each part may be missing;
//! its first column is never NULL when it is there.

macro_rules! behind {
    ($record:literal) => {
        concat!(
            " LEFT JOIN (SELECT ",
            user!(),
            " FROM users) u ON u.id = ",
            $record,
            ".user_id LEFT JOIN (SELECT ",
            identity!(),
            " FROM identities) i ON i.provider_id = ",
            $record,
            ".provider_id AND i.issuer = ",
            $record,
            ".issuer AND i.subject = ",
            $record,
            ".subject AND i.user_id = u.id"
        )
    };
}

macro_rules! presented {
    ($columns:expr, $table:literal, $key:literal) => {
        concat!(
            "SELECT c.*, r.*, u.*, i.* FROM (SELECT 1 AS one) o LEFT JOIN (SELECT ",
            client!(),
            " FROM clients) c ON c.id = $1 AND (c.expires_at IS NULL OR c.expires_at > $2) \
             LEFT JOIN (SELECT ",
            $columns,
            " FROM ",
            $table,
            ") r ON r.",
            $key,
            " = $3",
            behind!("r")
        )
    };
}

pub(in crate::store) const PRESENT_CODE: &str = presented!(code!(), "codes", "digest");
pub(in crate::store) const PRESENT_GRANT: &str = presented!(grant!(), "grants", "id");
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
