-- The records of Countersign. Times are whole seconds since 1970; secrets stand here as SHA-256
-- digests or sealed bytes only. Types are those that SQLite shares (BYTEA is its BLOB).
-- No foreign keys: a grant outlives a forgotten client until it is swept, and a violation found at
-- commit would spoil every job of that commit.

CREATE TABLE clients (
    id            TEXT    NOT NULL PRIMARY KEY,
    kind          TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    uri           TEXT,
    redirect_uris TEXT    NOT NULL,
    auth_methods  TEXT    NOT NULL,
    secret        BYTEA,
    keys          TEXT,
    refreshes     BOOLEAN NOT NULL,
    created_at    BIGINT  NOT NULL,
    expires_at    BIGINT
);
CREATE INDEX clients_by_expiry ON clients (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE users (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT,
    email      TEXT,
    disabled   BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL,
    seen_at    BIGINT  NOT NULL
);

-- Apart from the users, because a person may come by several identities.
CREATE TABLE identities (
    provider_id TEXT   NOT NULL,
    issuer      TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (provider_id, issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

CREATE TABLE sign_ins (
    state       BYTEA  NOT NULL PRIMARY KEY,
    browser     BYTEA  NOT NULL,
    provider_id TEXT   NOT NULL,
    sealed      BYTEA  NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);

CREATE TABLE consents (
    user_id       TEXT   NOT NULL,
    client_id     TEXT   NOT NULL,
    server_id     TEXT   NOT NULL,
    redirect_host TEXT   NOT NULL,
    scopes        TEXT   NOT NULL,
    agreed_at     BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id, server_id, redirect_host)
);
CREATE INDEX consents_by_client ON consents (client_id);

-- A spent code stays until it is swept, so that a replay is recognised.
CREATE TABLE codes (
    digest       BYTEA   NOT NULL PRIMARY KEY,
    grant_id     BYTEA   NOT NULL,
    user_id      TEXT    NOT NULL,
    client_id    TEXT    NOT NULL,
    server_id    TEXT    NOT NULL,
    resource     TEXT    NOT NULL,
    scopes       TEXT    NOT NULL,
    provider_id  TEXT    NOT NULL,
    auth_time    BIGINT  NOT NULL,
    redirect_uri TEXT    NOT NULL,
    challenge    TEXT    NOT NULL,
    expires_at   BIGINT  NOT NULL,
    spent        BOOLEAN NOT NULL
);
CREATE INDEX codes_by_expiry ON codes (expires_at);

-- One row is one family of refresh tokens; ends_at is the earlier of idle_at and expires_at.
CREATE TABLE grants (
    id          BYTEA  NOT NULL PRIMARY KEY,
    user_id     TEXT   NOT NULL,
    client_id   TEXT   NOT NULL,
    server_id   TEXT   NOT NULL,
    resource    TEXT   NOT NULL,
    scopes      TEXT   NOT NULL,
    provider_id TEXT   NOT NULL,
    auth_time   BIGINT NOT NULL,
    generation  BIGINT NOT NULL,
    current     BYTEA,
    previous    BYTEA,
    successor   BYTEA,
    graces      BIGINT NOT NULL,
    rotated_at  BIGINT NOT NULL,
    idle_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    revoked_at  BIGINT,
    ends_at     BIGINT NOT NULL
);
CREATE INDEX grants_by_end ON grants (ends_at);
CREATE INDEX grants_by_client ON grants (client_id);
CREATE INDEX grants_by_revocation ON grants (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE spent_digests (
    digest     BYTEA  NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_digests_by_expiry ON spent_digests (expires_at);

CREATE TABLE signing_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    algorithm  TEXT   NOT NULL,
    sealed     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    active_at  BIGINT NOT NULL,
    retired_at BIGINT
);

-- Where the readiness check proves that writes work.
CREATE TABLE probes (
    id        BIGINT NOT NULL PRIMARY KEY,
    probed_at BIGINT NOT NULL
);
