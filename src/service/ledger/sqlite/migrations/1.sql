-- The ledger's first shape. What is here is never changed: another file is added.
--
-- Every edit has a row, and every score of it another, so both are kept small: enums and flags are
-- one byte or none, wikis, pages and models are numbers, and what is not known is NULL, which takes none.

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The key under which authors' names are hashed: unlike that of any other ledger.
INSERT INTO setting (name, value) VALUES ('author_key', random());

CREATE TABLE wiki (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Rows of this wiki, counted as they come and go.
    edits INTEGER NOT NULL DEFAULT 0,
    scores INTEGER NOT NULL DEFAULT 0,
    judgements INTEGER NOT NULL DEFAULT 0,
    -- Seconds since 1970 of the latest edit that was seen.
    seen_until INTEGER
) STRICT;

CREATE TABLE model (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    target INTEGER NOT NULL,
    checksum BLOB NOT NULL,
    -- What its recipe counts: bots (1), first revisions (2), self-reverted edits (4), undone reverts (8).
    rule INTEGER NOT NULL,
    levels BLOB NOT NULL,
    features BLOB NOT NULL,
    UNIQUE (name, version, target, checksum)
) STRICT;

-- Which model scored edits of which wiki, and of which days.
CREATE TABLE scored_by (
    wiki INTEGER NOT NULL REFERENCES wiki,
    model INTEGER NOT NULL REFERENCES model,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    PRIMARY KEY (wiki, model)
) STRICT, WITHOUT ROWID;

-- Pages by their id, or, where a client did not give it (0), by their title.
CREATE TABLE page (
    number INTEGER PRIMARY KEY,
    wiki INTEGER NOT NULL REFERENCES wiki,
    id INTEGER NOT NULL,
    title TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX page_by_id ON page (wiki, id) WHERE id <> 0;
CREATE UNIQUE INDEX page_by_title ON page (wiki, title) WHERE id = 0;

CREATE TABLE edit (
    wiki INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    page INTEGER NOT NULL REFERENCES page,
    -- Of the page when the edit was first told of: a page that moves does not change old counts.
    namespace INTEGER NOT NULL,
    -- Seconds since 1970 of the edit, or, where that is not known, of its first score.
    time INTEGER NOT NULL,
    is_dated INTEGER NOT NULL,
    -- SHA-1 of its text.
    digest BLOB,
    author INTEGER,
    user_name TEXT,
    user_class INTEGER NOT NULL,
    is_first INTEGER NOT NULL,
    kind INTEGER,
    -- What its own comment says; NULL until the edit is seen.
    comment INTEGER,
    comment_reason INTEGER,
    -- What became of it.
    reverted_by INTEGER,
    reverter_class INTEGER,
    revert_seconds INTEGER,
    revert_comment INTEGER,
    revert_reason INTEGER,
    self_reverted INTEGER NOT NULL DEFAULT 0,
    revert_undone INTEGER NOT NULL DEFAULT 0,
    edit_war INTEGER NOT NULL DEFAULT 0,
    -- The latest judgement that says something: 0 for none, 1 for good, 2 for bad.
    judged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (wiki, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX edit_by_time ON edit (wiki, time);
CREATE INDEX edit_by_page ON edit (page, time);

CREATE TABLE score (
    wiki INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    model INTEGER NOT NULL,
    probability REAL NOT NULL,
    is_counted INTEGER NOT NULL,
    -- The edit's.
    time INTEGER NOT NULL,
    scored_at INTEGER,
    reasons BLOB,
    PRIMARY KEY (wiki, revision, model)
) STRICT, WITHOUT ROWID;
-- Finds flagged edits among very many that are not; what is flagged is rarely below a tenth.
CREATE INDEX score_high ON score (wiki, model, time, revision, probability) WHERE probability >= 0.1;

CREATE TABLE judgement (
    wiki INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    person TEXT NOT NULL,
    damaging INTEGER,
    goodfaith INTEGER,
    spam INTEGER,
    note TEXT,
    time INTEGER NOT NULL,
    -- As in edit.judged.
    verdict INTEGER NOT NULL,
    PRIMARY KEY (wiki, revision, person)
) STRICT, WITHOUT ROWID;

-- Days that there are edits of. The version rises with every change of one of them.
CREATE TABLE day (
    wiki INTEGER NOT NULL,
    day INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- The version that tally.total was counted at.
    counted INTEGER,
    -- Whether edits of it are gone, so that only what is still there can change.
    is_frozen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (wiki, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (
    wiki INTEGER NOT NULL,
    day INTEGER NOT NULL,
    model INTEGER NOT NULL,
    -- Counts of edits that are gone.
    base BLOB,
    -- Counts of all edits of the day.
    total BLOB,
    PRIMARY KEY (wiki, day, model)
) STRICT, WITHOUT ROWID;

-- A model for any wiki scores edits of several, which are spread each in its own way.
CREATE TABLE feature (
    wiki INTEGER NOT NULL,
    model INTEGER NOT NULL,
    day INTEGER NOT NULL,
    counts BLOB NOT NULL,
    PRIMARY KEY (wiki, model, day)
) STRICT, WITHOUT ROWID;
