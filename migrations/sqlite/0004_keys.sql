-- Several signing keys, one after another. The numbers are given once: of any number of nodes that
-- make the next key at the same moment one writes it.
ALTER TABLE signing_keys ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
UPDATE signing_keys SET generation = (SELECT COUNT(*) FROM signing_keys k
    WHERE k.algorithm = signing_keys.algorithm AND (k.created_at < signing_keys.created_at
        OR (k.created_at = signing_keys.created_at AND k.id < signing_keys.id)));
CREATE UNIQUE INDEX signing_keys_by_generation ON signing_keys (algorithm, generation);
