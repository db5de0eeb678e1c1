-- Recall: what an originator withdraws is hidden or really removed, and what was removed still verifies.
--
-- A body is replaced only where a tombstone for it stands: it holds the hash and length of what is there now, and the leaf
-- of the ledger that announced it. The audit compares all three.

ALTER TABLE record ADD COLUMN marked INTEGER NOT NULL DEFAULT 0 CHECK (marked IN (0, 1));
ALTER TABLE finding ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));

CREATE TABLE fact_state (
    fact TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('restricted', 'erased')),
    hold TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstone (
    kind TEXT NOT NULL CHECK (kind IN ('record', 'finding', 'incoming', 'document')),
    ref TEXT NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    size INTEGER NOT NULL,
    places TEXT NOT NULL,
    leaf INTEGER NOT NULL,
    PRIMARY KEY (kind, ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE erased_blob (
    hash TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Which records' facts went to whom, or came from whom, in which message.
CREATE TABLE carried (
    way TEXT NOT NULL CHECK (way IN ('in', 'out')),
    part TEXT NOT NULL,
    peer TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (way, part, peer, message)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO carried
SELECT 'in', CASE instr(f.key, '/') WHEN 0 THEN f.key ELSE substr(f.key, 1, instr(f.key, '/') - 1) END, i.peer, i.id
FROM incoming i, json_each(CAST(i.body AS TEXT), '$.facts') f WHERE length(i.body) > 0;
INSERT OR IGNORE INTO carried
SELECT 'out', CASE instr(f.key, '/') WHEN 0 THEN f.key ELSE substr(f.key, 1, instr(f.key, '/') - 1) END, o.peer, o.id
FROM outgoing o JOIN document d ON d.kind = 'sent' AND d.key = o.id, json_each(CAST(d.body AS TEXT), '$.facts') f;

-- Which records a received message became.
CREATE TABLE born (
    message TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (message, record)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO born
SELECT json_extract(CAST(body AS TEXT), '$.origin.place'), id FROM record
WHERE source = 'exchange' AND json_extract(CAST(body AS TEXT), '$.origin.place') IS NOT NULL;

CREATE INDEX incoming_request ON incoming (number) WHERE kind = 'request';
CREATE INDEX incoming_search ON incoming (number) WHERE kind = 'search';
CREATE INDEX outgoing_request ON outgoing (number) WHERE kind = 'request';
CREATE INDEX incoming_thread ON incoming (thread, number) WHERE thread IS NOT NULL;
CREATE INDEX outgoing_thread ON outgoing (thread, number) WHERE thread IS NOT NULL;

DROP TRIGGER record_stays;
CREATE TRIGGER record_stays BEFORE UPDATE ON record
WHEN NOT (
    NEW.number = OLD.number AND NEW.id = OLD.id AND NEW.source = OLD.source AND NEW.marked >= OLD.marked
    AND (
        NEW.body = OLD.body
        OR EXISTS (SELECT 1 FROM tombstone WHERE kind = 'record' AND ref = OLD.id AND size = length(NEW.body))
    )
)
BEGIN SELECT RAISE(ABORT, 'records never change'); END;
DROP TRIGGER mention_kept;
CREATE TRIGGER mention_kept BEFORE DELETE ON mention
WHEN NOT EXISTS (SELECT 1 FROM tombstone WHERE kind = 'record' AND ref = OLD.record)
BEGIN SELECT RAISE(ABORT, 'records never change'); END;
DROP TRIGGER finding_stays;
CREATE TRIGGER finding_stays BEFORE UPDATE ON finding
WHEN NOT (
    NEW.number = OLD.number AND NEW.id = OLD.id AND NEW.withdrawn >= OLD.withdrawn
    AND (
        NEW.body = OLD.body
        OR EXISTS (SELECT 1 FROM tombstone WHERE kind = 'finding' AND ref = OLD.id AND size = length(NEW.body))
    )
)
BEGIN SELECT RAISE(ABORT, 'findings never change'); END;
DROP TRIGGER document_stays;
CREATE TRIGGER document_stays BEFORE UPDATE ON document
WHEN NOT (
    NEW.kind = OLD.kind AND NEW.key = OLD.key AND NEW.version = OLD.version AND NEW.kept_at = OLD.kept_at
    AND EXISTS (
        SELECT 1 FROM tombstone WHERE kind = 'document' AND ref = OLD.kind || '/' || OLD.key || '/' || OLD.version
        AND size = length(NEW.body)
    )
)
BEGIN SELECT RAISE(ABORT, 'documents get versions'); END;
DROP TRIGGER incoming_stays;
CREATE TRIGGER incoming_stays BEFORE UPDATE ON incoming
WHEN NOT (
    NEW.number = OLD.number AND NEW.id = OLD.id AND NEW.peer = OLD.peer AND NEW.seq = OLD.seq
    AND NEW.sha256 = OLD.sha256 AND NEW.kind = OLD.kind AND NEW.thread IS OLD.thread
    AND NEW.received_at = OLD.received_at AND NEW.receipt = OLD.receipt
    AND (
        NEW.body = OLD.body
        OR EXISTS (SELECT 1 FROM tombstone WHERE kind = 'incoming' AND ref = OLD.id AND size = length(NEW.body))
    )
)
BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
CREATE TRIGGER tombstone_kept BEFORE DELETE ON tombstone BEGIN SELECT RAISE(ABORT, 'what was erased stays so'); END;
CREATE TRIGGER tombstone_stays BEFORE UPDATE ON tombstone
WHEN NOT (NEW.kind = OLD.kind AND NEW.ref = OLD.ref AND NEW.leaf > OLD.leaf AND NEW.size <= OLD.size)
BEGIN SELECT RAISE(ABORT, 'what was erased stays so'); END;
CREATE TRIGGER fact_state_kept BEFORE DELETE ON fact_state BEGIN SELECT RAISE(ABORT, 'what was withdrawn stays so'); END;
CREATE TRIGGER fact_state_stays BEFORE UPDATE ON fact_state WHEN OLD.state = 'erased'
BEGIN SELECT RAISE(ABORT, 'what was erased stays so'); END;
CREATE TRIGGER carried_stays BEFORE UPDATE ON carried BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
CREATE TRIGGER carried_kept BEFORE DELETE ON carried BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
CREATE TRIGGER born_stays BEFORE UPDATE ON born BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
CREATE TRIGGER born_kept BEFORE DELETE ON born BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
