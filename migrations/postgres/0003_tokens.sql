-- Access tokens that say nothing by themselves: their digests, and what they stand for.

-- Of a grant to a client; claims is what a signed token would say, as JSON.
CREATE TABLE opaque_tokens (
    digest     BYTEA  NOT NULL PRIMARY KEY,
    grant_id   BYTEA  NOT NULL,
    claims     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX opaque_tokens_by_expiry ON opaque_tokens (expires_at);

-- Made by hand; each has a grant of its own, which says whose it is and what for.
CREATE TABLE personal_tokens (
    digest     BYTEA  NOT NULL PRIMARY KEY,
    grant_id   BYTEA  NOT NULL,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    lapses_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX personal_tokens_by_grant ON personal_tokens (grant_id);
CREATE INDEX personal_tokens_by_end ON personal_tokens (lapses_at);
