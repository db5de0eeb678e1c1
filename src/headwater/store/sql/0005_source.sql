-- Records that came in messages stay out of the index by source: they are named by their hashes, so that each of them would
-- change a page of its own there, and nobody asks for all of them but now and then. Whoever does reads every record.

DROP INDEX record_source;
CREATE INDEX record_source ON record (source, id) WHERE source <> 'exchange';
