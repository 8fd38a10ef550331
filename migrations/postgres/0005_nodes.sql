-- What several nodes on one database agree on.

-- Who of them does what only one should do, and until when. A node that died lets it lapse.
CREATE TABLE leases (
    name   TEXT   NOT NULL PRIMARY KEY,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL
);

-- Each restored backup begins an epoch: nothing that was issued before it is worth anything in it.
CREATE TABLE epochs (
    number   BIGINT NOT NULL PRIMARY KEY,
    began_at BIGINT NOT NULL
);

-- Every node asks for the latest revocations every few seconds: with the ids, so that the index answers alone.
DROP INDEX grants_by_revocation;
CREATE INDEX grants_by_revocation ON grants (revoked_at, id) WHERE revoked_at IS NOT NULL;
