-- Which leaves are about what, so that a proof need not read the whole ledger. It is written behind the ledger, in its own
-- time, and never ahead of it: a subject is named by eight bytes of its SHA-256, and whoever asks reads the leaf itself.

CREATE TABLE leaf_about (
    subject BLOB NOT NULL CHECK (length(subject) = 8),
    number INTEGER NOT NULL,
    PRIMARY KEY (subject, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE leaf_about_to (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    size INTEGER NOT NULL
) STRICT;
INSERT INTO leaf_about_to VALUES (1, 0);
