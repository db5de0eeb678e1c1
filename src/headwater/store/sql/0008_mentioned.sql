-- Which records speak of which entity, written behind: entities are named by chance, so that each mention would change a
-- page of its own with every message. A new record puts one row at the end of mention_new; the writer takes them over, sorted,
-- a few with each group of changes (mentions.py). An entity is named by eight bytes of the SHA-256 of its key, and whoever asks
-- reads the record itself. What older records mention is filled in by the program (migrate.py).

DROP TABLE mention;

CREATE TABLE mentioned (
    entity INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (entity, record)
) STRICT, WITHOUT ROWID;

CREATE TABLE mention_new (
    record INTEGER PRIMARY KEY,
    entities BLOB NOT NULL
) STRICT;

CREATE TRIGGER mentioned_stays BEFORE UPDATE ON mentioned BEGIN SELECT RAISE(ABORT, 'records never change'); END;
CREATE TRIGGER mentioned_kept BEFORE DELETE ON mentioned
WHEN NOT EXISTS (SELECT 1 FROM tombstone WHERE kind = 'record' AND ref = (SELECT id FROM record WHERE number = OLD.record))
BEGIN SELECT RAISE(ABORT, 'records never change'); END;
CREATE TRIGGER mention_new_stays BEFORE UPDATE ON mention_new BEGIN SELECT RAISE(ABORT, 'records never change'); END;
