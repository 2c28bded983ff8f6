-- The ledger's first shape in PostgreSQL. What is here is never changed: another file is added.
--
-- The tables are those of SQLite's file. Edits and scores are cut by the month of the edit's time (`months` makes
-- the parts), so that old months are dropped whole. One writer a wiki at a time holds the wiki's advisory lock: that,
-- and no index, says that a revision and a score of it are there once, since an index over all months cannot.

CREATE TABLE setting (
    name text PRIMARY KEY,
    value bigint NOT NULL
);

-- The key under which authors' names are hashed: unlike that of any other ledger.
INSERT INTO setting (name, value)
VALUES ('author_key', ('x' || left(replace(gen_random_uuid()::text, '-', ''), 8)
    || right(gen_random_uuid()::text, 8))::bit(64)::bigint);

CREATE TABLE wiki (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    -- Rows of this wiki, counted as they come and go.
    edits bigint NOT NULL DEFAULT 0,
    scores bigint NOT NULL DEFAULT 0,
    judgements bigint NOT NULL DEFAULT 0,
    -- Seconds since 1970 of the latest edit that was seen.
    seen_until bigint
) WITH (fillfactor = 50);

CREATE TABLE model (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    target smallint NOT NULL,
    checksum bytea NOT NULL,
    -- What its recipe counts: bots (1), first revisions (2), self-reverted edits (4), undone reverts (8).
    rule smallint NOT NULL,
    levels bytea NOT NULL,
    features bytea NOT NULL,
    UNIQUE (name, version, target, checksum)
);

-- Which model scored edits of which wiki, and of which days.
CREATE TABLE scored_by (
    wiki integer NOT NULL REFERENCES wiki,
    model integer NOT NULL REFERENCES model,
    first_day integer NOT NULL,
    last_day integer NOT NULL,
    PRIMARY KEY (wiki, model)
);

-- Pages by their id, or, where a client did not give it (0), by their title, which may be of any length.
CREATE TABLE page (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id bigint NOT NULL,
    wiki integer NOT NULL,
    title text NOT NULL,
    is_deleted boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX page_by_id ON page (wiki, id) WHERE id <> 0;
CREATE INDEX page_by_title ON page (wiki, hashtextextended(title, 0)) WHERE id = 0;

CREATE TABLE edit (
    revision bigint NOT NULL,
    page bigint NOT NULL,
    -- Seconds since 1970 of the edit, or, where that is not known, of its first score.
    time bigint NOT NULL,
    author bigint,
    -- What became of it.
    reverted_by bigint,
    revert_seconds bigint,
    wiki integer NOT NULL,
    -- Of the page when the edit was first told of: a page that moves does not change old counts.
    namespace integer NOT NULL,
    user_class smallint NOT NULL,
    kind smallint,
    -- What its own comment says; NULL until the edit is seen.
    comment smallint,
    comment_reason smallint,
    reverter_class smallint,
    revert_comment smallint,
    revert_reason smallint,
    -- The latest judgement that says something: 0 for none, 1 for good, 2 for bad.
    judged smallint NOT NULL,
    -- What may not be shown any more: its text (1), its author (2).
    hidden smallint NOT NULL,
    is_dated boolean NOT NULL,
    is_first boolean NOT NULL,
    self_reverted boolean NOT NULL,
    revert_undone boolean NOT NULL,
    edit_war boolean NOT NULL,
    -- SHA-1 of its text.
    digest bytea,
    user_name text,
    PRIMARY KEY (wiki, revision, time)
) PARTITION BY RANGE (time);
CREATE INDEX edit_by_time ON edit (wiki, time, revision);
CREATE INDEX edit_by_page ON edit (page, time, revision);
-- Times that no month is made for.
CREATE TABLE edit_other PARTITION OF edit DEFAULT WITH (fillfactor = 85);

CREATE TABLE score (
    revision bigint NOT NULL,
    probability double precision NOT NULL,
    -- The edit's.
    time bigint NOT NULL,
    scored_at bigint,
    wiki integer NOT NULL,
    model integer NOT NULL,
    is_counted boolean NOT NULL,
    reasons bytea,
    PRIMARY KEY (wiki, revision, model, time)
) PARTITION BY RANGE (time);
-- Finds flagged edits among very many that are not; what is flagged is rarely below a tenth.
CREATE INDEX score_high ON score (wiki, model, time, revision) INCLUDE (probability)
    WHERE probability >= 0.1;
-- A day among a month's scores, which come about in order of time.
CREATE INDEX score_by_time ON score USING brin (time);
CREATE TABLE score_other PARTITION OF score DEFAULT;

CREATE TABLE judgement (
    wiki integer NOT NULL,
    revision bigint NOT NULL,
    person text NOT NULL,
    damaging boolean,
    goodfaith boolean,
    spam boolean,
    note text,
    time bigint NOT NULL,
    -- As in edit.judged.
    verdict smallint NOT NULL,
    PRIMARY KEY (wiki, revision, person)
);

-- Days that there are edits of. The version rises with every change of one of them.
CREATE TABLE day (
    wiki integer NOT NULL,
    day integer NOT NULL,
    version bigint NOT NULL,
    -- The version that tally.total was counted at.
    counted bigint,
    -- Whether edits of it are gone, so that only what is still there can change.
    is_frozen boolean NOT NULL DEFAULT false,
    PRIMARY KEY (wiki, day)
) WITH (fillfactor = 80);

CREATE TABLE tally (
    wiki integer NOT NULL,
    day integer NOT NULL,
    model integer NOT NULL,
    -- Counts of edits that are gone.
    base bytea,
    -- Counts of all edits of the day.
    total bytea,
    PRIMARY KEY (wiki, day, model)
);

-- A model for any wiki scores edits of several, which are spread each in its own way.
CREATE TABLE feature (
    wiki integer NOT NULL,
    model integer NOT NULL,
    day integer NOT NULL,
    counts bytea NOT NULL,
    PRIMARY KEY (wiki, model, day)
);

-- Where the service is in each stream that it reads from a source without consumer groups.
CREATE TABLE position (
    source text PRIMARY KEY,
    position text NOT NULL
);
