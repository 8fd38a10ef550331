-- People: the freshest claims of an identity, who vouched for a grant, and signed-in browsers.

-- Sealed; none for an identity that has not signed in since.
ALTER TABLE identities ADD COLUMN claims BYTEA;

ALTER TABLE codes ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE codes ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN subject TEXT NOT NULL DEFAULT '';
UPDATE codes SET
    issuer = COALESCE((SELECT MIN(i.issuer) FROM identities i
        WHERE i.user_id = codes.user_id AND i.provider_id = codes.provider_id), ''),
    subject = COALESCE((SELECT MIN(i.subject) FROM identities i
        WHERE i.user_id = codes.user_id AND i.provider_id = codes.provider_id), '');
UPDATE grants SET
    issuer = COALESCE((SELECT MIN(i.issuer) FROM identities i
        WHERE i.user_id = grants.user_id AND i.provider_id = grants.provider_id), ''),
    subject = COALESCE((SELECT MIN(i.subject) FROM identities i
        WHERE i.user_id = grants.user_id AND i.provider_id = grants.provider_id), '');
CREATE INDEX grants_by_user ON grants (user_id);

-- One row is one signed-in browser; ends_at is the earlier of the end for lack of use and expires_at.
CREATE TABLE sessions (
    digest      BYTEA  NOT NULL PRIMARY KEY,
    user_id     TEXT   NOT NULL,
    provider_id TEXT   NOT NULL,
    issuer      TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    auth_time   BIGINT NOT NULL,
    label       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    ends_at     BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (ends_at);
