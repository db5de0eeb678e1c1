-- Envelopes in a table of their own. A message is settled by changing its row, and SQLite writes a changed row anew with
-- all that hangs on it: with the envelope in it, settling cost more than queuing.

CREATE TABLE sealed (
    number INTEGER PRIMARY KEY,
    envelope BLOB NOT NULL
) STRICT;
INSERT INTO sealed SELECT number, envelope FROM outgoing;

DROP TRIGGER outgoing_stays;
ALTER TABLE outgoing DROP COLUMN envelope;
CREATE TRIGGER outgoing_stays BEFORE UPDATE ON outgoing
WHEN NOT (
    OLD.state = 'queued' AND NEW.number = OLD.number AND NEW.id = OLD.id AND NEW.peer = OLD.peer
    AND NEW.seq = OLD.seq AND NEW.lane = OLD.lane AND NEW.kind = OLD.kind
    AND NEW.thread IS OLD.thread AND NEW.queued_at = OLD.queued_at AND NEW.expires_at = OLD.expires_at
)
BEGIN SELECT RAISE(ABORT, 'a message is settled once, and never changes'); END;
CREATE TRIGGER sealed_stays BEFORE UPDATE ON sealed BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
CREATE TRIGGER sealed_kept BEFORE DELETE ON sealed BEGIN SELECT RAISE(ABORT, 'messages never change'); END;
