-- The past that several services share. Programs that know version 1 alone neither tell it nor follow it, and so can go
-- on; but those that follow do not learn of the edits that such a one is told of.

-- Edits as histories see them (a byte for the form, then the form's), numbered in the order in which they were written.
-- The wiki's lock is held while numbers are given.
CREATE TABLE sight (
    wiki integer NOT NULL,
    place bigint NOT NULL,
    revision bigint NOT NULL,
    told_at timestamptz NOT NULL DEFAULT now(),
    body bytea NOT NULL,
    PRIMARY KEY (wiki, place),
    UNIQUE (wiki, revision)
);

-- A wiki's history as one of the services had it, and the place up to which it knows the log.
CREATE TABLE past (
    wiki integer PRIMARY KEY,
    place bigint NOT NULL,
    body bytea NOT NULL
);
-- It is hashes: nothing that could be compressed.
ALTER TABLE past ALTER COLUMN body SET STORAGE EXTERNAL;
