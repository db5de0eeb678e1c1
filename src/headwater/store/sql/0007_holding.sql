-- Which records hold which blob or table, so that who may see a file, and what rests on it, is found without reading every
-- record. What older records hold is filled in by the program (migrate.py), the same way in every database.

CREATE TABLE holding (
    file TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (file, record)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER holding_stays BEFORE UPDATE ON holding BEGIN SELECT RAISE(ABORT, 'records never change'); END;
CREATE TRIGGER holding_kept BEFORE DELETE ON holding
WHEN NOT EXISTS (SELECT 1 FROM tombstone WHERE kind = 'record' AND ref = OLD.record)
BEGIN SELECT RAISE(ABORT, 'records never change'); END;
