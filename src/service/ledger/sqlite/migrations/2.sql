-- Where the service is in each stream that it reads from a source without consumer groups, in the source's
-- own words.
CREATE TABLE position (
    source TEXT NOT NULL PRIMARY KEY,
    position TEXT NOT NULL
) STRICT, WITHOUT ROWID;
