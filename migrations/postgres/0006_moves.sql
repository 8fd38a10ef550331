-- Moves to another engine. In the database that is moved: one row with its name. In the one that it is moved
-- to: how far each table has come, so that a move that was cut off goes on.
CREATE TABLE moves (
    source     TEXT NOT NULL,
    table_name TEXT NOT NULL,
    after      TEXT NOT NULL,
    PRIMARY KEY (source, table_name)
);
