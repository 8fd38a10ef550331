//! Statements of the token endpoint over arrays, for PostgreSQL: they do for each row what those of
//! [`super`] and [`super::joined`] do for one, and answer with its number. Rows of one key
//! take turns as if they came one after another: an `UPDATE` changes a row once.
//!
//! The key is asked for twice, also as `= ANY ($1)`: so it is looked up in its index, whatever is known of
//! the table. What a join alone makes of a table that was empty yesterday may read all of it.

/// Spends each code, `$1`, and opens its grant, `$2` to `$21`. One row for each code that is there: its
/// number, the grant it opens, and whether it was this one that spent it.
pub(in crate::store) const SPEND_AND_OPEN: &str = concat!(
    "WITH asked AS (SELECT * FROM unnest($1::BYTEA[], $2::BYTEA[], $3::TEXT[], $4::TEXT[], \
     $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[], $9::TEXT[], $10::TEXT[], $11::BIGINT[], \
     $12::BIGINT[], $13::BYTEA[], $14::BYTEA[], $15::BYTEA[], $16::BIGINT[], $17::BIGINT[], \
     $18::BIGINT[], $19::BIGINT[], $20::BIGINT[], $21::BIGINT[]) WITH ORDINALITY AS a (digest, ",
    grant!(),
    ", ends_at, number)), \
     spent AS (UPDATE codes SET spent = TRUE FROM asked WHERE codes.digest = ANY ($1) \
     AND codes.digest = asked.digest AND codes.spent = FALSE RETURNING asked.number), \
     opened AS (INSERT INTO grants (",
    grant!(),
    ", ends_at) SELECT ",
    grant!(),
    ", ends_at FROM asked JOIN spent USING (number)) \
     SELECT asked.number, codes.grant_id, spent.number IS NOT NULL FROM asked \
     JOIN codes ON codes.digest = ANY ($1) AND codes.digest = asked.digest \
     LEFT JOIN spent ON spent.number = asked.number"
);

/// Moves each grant on: `$1` to `$3` is which, and where it has to stand, `$4` to `$11` the new state. One
/// row for each that was moved: its number.
pub(in crate::store) const SWAP_GRANT: &str = concat!(
    swap!(
        "asked.scopes",
        "asked.generation",
        "asked.current",
        "asked.previous",
        "asked.successor",
        "asked.graces",
        "asked.rotated_at",
        "asked.idle_at"
    ),
    " FROM unnest($1::BYTEA[], $2::BIGINT[], $3::BIGINT[], $4::TEXT[], $5::BIGINT[], $6::BYTEA[], \
     $7::BYTEA[], $8::BYTEA[], $9::BIGINT[], $10::BIGINT[], $11::BIGINT[]) WITH ORDINALITY \
     AS asked (id, stands_at, graced, scopes, generation, current, previous, successor, graces, \
     rotated_at, idle_at, number) \
     WHERE grants.id = ANY ($1) AND grants.id = asked.id AND grants.generation = asked.stands_at \
     AND grants.graces = asked.graced AND grants.revoked_at IS NULL RETURNING asked.number"
);
