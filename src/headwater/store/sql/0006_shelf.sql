-- Threat intelligence in collections. A row says where an object stands and in which record; the object itself stands in
-- the record alone, so that what is withdrawn there is gone here. Numbers only grow and are never given twice: they are what
-- a reader of a collection counts by.

CREATE TABLE shelf (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    version TEXT NOT NULL,
    spec TEXT NOT NULL,
    created TEXT NOT NULL,
    added INTEGER NOT NULL,
    handling INTEGER NOT NULL,
    record INTEGER NOT NULL,
    -- 1 where the collection has never held another version of the object: then it is both the first and the last.
    sole INTEGER NOT NULL CHECK (sole IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('live', 'held', 'revoked', 'withdrawn', 'deleted'))
) STRICT;
CREATE INDEX shelf_page ON shelf (collection, number) WHERE state IN ('live', 'revoked');
CREATE INDEX shelf_added ON shelf (collection, added);
CREATE INDEX shelf_id ON shelf (id, collection);
CREATE INDEX shelf_record ON shelf (record);

CREATE TABLE shelf_handling (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL UNIQUE
) STRICT;

-- Parts of an object that bear a stricter handling, each in a record of its own.
CREATE TABLE shelf_part (
    object INTEGER NOT NULL,
    record INTEGER NOT NULL,
    handling INTEGER NOT NULL,
    PRIMARY KEY (object, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX shelf_part_record ON shelf_part (record);

-- What a held object waits for.
CREATE TABLE shelf_waits (
    ref TEXT NOT NULL,
    object INTEGER NOT NULL,
    PRIMARY KEY (ref, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX shelf_waits_object ON shelf_waits (object);

-- Up to which record everything was looked at for objects.
CREATE TABLE shelf_seen (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    record INTEGER NOT NULL
) STRICT;
INSERT INTO shelf_seen VALUES (1, 0);
