-- What a node holds. Times are microseconds since 1970, UTC. Bodies are the canonical bytes that identifiers hash.
-- Records, findings, decisions, documents and the ledger are only ever added to. The triggers hold in every program that
-- opens this file (REPLACE passes them where a program does not set recursive_triggers, as ours does). They prevent
-- mistakes; what somebody alters on purpose is found by the audit.

CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX record_source ON record (source, id);

CREATE TABLE mention (
    entity TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (entity, record)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE decision (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    about TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX decision_about ON decision (about, number);

CREATE TABLE document (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    body BLOB NOT NULL,
    kept_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key, version)
) STRICT;

-- One row for each leaf: its commitment SHA-256(salt, event), and the hashes of the complete subtrees that end with it,
-- from level 1 upward. Salt and event are empty once the leaf was erased.
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY CHECK (number >= 0),
    salt BLOB CHECK (length(salt) = 16),
    event BLOB,
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    subtrees BLOB NOT NULL,
    CHECK ((salt IS NULL) = (event IS NULL))
) STRICT;

CREATE TABLE ledger_head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    size INTEGER NOT NULL,
    root BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;
INSERT INTO ledger_head VALUES (1, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

CREATE TABLE sequence (
    peer TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outgoing (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    peer TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    lane TEXT NOT NULL,
    envelope BLOB NOT NULL,
    kind TEXT NOT NULL,
    thread TEXT,
    queued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'receipted', 'refused', 'dead')),
    receipt BLOB,
    settled_at INTEGER,
    UNIQUE (peer, seq)
) STRICT;
CREATE INDEX outgoing_due ON outgoing (peer, lane, seq) WHERE state = 'queued';

CREATE TABLE incoming (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    peer TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    kind TEXT NOT NULL,
    thread TEXT,
    body BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('stored', 'accepted', 'refused', 'held')),
    receipt BLOB NOT NULL,
    UNIQUE (peer, seq)
) STRICT;

CREATE TABLE equivocation (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    peer TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    envelope BLOB NOT NULL,
    kept_at INTEGER NOT NULL,
    UNIQUE (id, sha256)
) STRICT;

CREATE TRIGGER record_stays BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'records never change'); END;
CREATE TRIGGER record_kept BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'records never change'); END;
CREATE TRIGGER mention_stays BEFORE UPDATE ON mention BEGIN SELECT RAISE(ABORT, 'records never change'); END;
CREATE TRIGGER mention_kept BEFORE DELETE ON mention BEGIN SELECT RAISE(ABORT, 'records never change'); END;
CREATE TRIGGER finding_stays BEFORE UPDATE ON finding BEGIN SELECT RAISE(ABORT, 'findings never change'); END;
CREATE TRIGGER finding_kept BEFORE DELETE ON finding BEGIN SELECT RAISE(ABORT, 'findings never change'); END;
CREATE TRIGGER decision_stays BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decisions never change'); END;
CREATE TRIGGER decision_kept BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decisions never change'); END;
CREATE TRIGGER document_stays BEFORE UPDATE ON document BEGIN SELECT RAISE(ABORT, 'documents get versions'); END;
CREATE TRIGGER document_kept BEFORE DELETE ON document BEGIN SELECT RAISE(ABORT, 'documents get versions'); END;
CREATE TRIGGER equivocation_stays BEFORE UPDATE ON equivocation BEGIN SELECT RAISE(ABORT, 'evidence stays'); END;
CREATE TRIGGER equivocation_kept BEFORE DELETE ON equivocation BEGIN SELECT RAISE(ABORT, 'evidence stays'); END;

-- The one change that a leaf knows: salt and event destroyed together. Its commitment stays in the tree.
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger
WHEN NOT (
    OLD.event IS NOT NULL AND NEW.event IS NULL AND NEW.salt IS NULL
    AND NEW.number = OLD.number AND NEW.commitment = OLD.commitment AND NEW.subtrees = OLD.subtrees
)
BEGIN SELECT RAISE(ABORT, 'the ledger never changes'); END;
CREATE TRIGGER ledger_kept BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger never changes'); END;
CREATE TRIGGER ledger_head_grows BEFORE UPDATE ON ledger_head WHEN NEW.size < OLD.size
BEGIN SELECT RAISE(ABORT, 'the ledger never shrinks'); END;
CREATE TRIGGER ledger_head_kept BEFORE DELETE ON ledger_head
BEGIN SELECT RAISE(ABORT, 'the ledger never shrinks'); END;

CREATE TRIGGER outgoing_stays BEFORE UPDATE ON outgoing
WHEN NOT (
    OLD.state = 'queued' AND NEW.number = OLD.number AND NEW.id = OLD.id AND NEW.peer = OLD.peer
    AND NEW.seq = OLD.seq AND NEW.lane = OLD.lane AND NEW.envelope = OLD.envelope AND NEW.kind = OLD.kind
    AND NEW.thread IS OLD.thread AND NEW.queued_at = OLD.queued_at AND NEW.expires_at = OLD.expires_at
)
BEGIN SELECT RAISE(ABORT, 'a message is settled once, and never changes'); END;
CREATE TRIGGER outgoing_kept BEFORE DELETE ON outgoing BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
CREATE TRIGGER incoming_stays BEFORE UPDATE ON incoming
WHEN NOT (
    NEW.number = OLD.number AND NEW.id = OLD.id AND NEW.peer = OLD.peer AND NEW.seq = OLD.seq
    AND NEW.sha256 = OLD.sha256 AND NEW.kind = OLD.kind AND NEW.thread IS OLD.thread AND NEW.body = OLD.body
    AND NEW.received_at = OLD.received_at AND NEW.receipt = OLD.receipt
)
BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
CREATE TRIGGER incoming_kept BEFORE DELETE ON incoming BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
