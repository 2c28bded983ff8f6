-- Where the service is in each stream that it reads from a source without consumer groups, in the source's
-- own words.
CREATE TABLE position (
    source TEXT NOT NULL PRIMARY KEY,
    position TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What may no longer be shown: pages that are deleted, and revisions whose text (1) or author (2) is hidden.
ALTER TABLE page ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE edit ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
