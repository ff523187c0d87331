-- +goose Up

-- Projected: the fold of CHAT, by a consumer of its own. Messages as search
-- finds them: under terms (see package search) that tell nothing of the text. A
-- deleted message has none.
CREATE TABLE search (
    room_id uuid NOT NULL,
    seq     bigint NOT NULL,
    at      timestamptz NOT NULL, -- when it was posted
    whose   bigint NOT NULL CONSTRAINT search_whose UNIQUE, -- a hash of its id and author: others change nothing, copies have no row
    terms   integer[] NOT NULL,   -- each with the piece of the log that seq is in: see searchKey
    PRIMARY KEY (room_id, seq)
);
CREATE INDEX search_at ON search (at);
-- What waits to be sorted in is looked through by every question: little.
CREATE INDEX search_terms ON search USING gin (terms) WITH (fastupdate = on, gin_pending_list_limit = 1024);

-- +goose Down
DROP TABLE search;
DELETE FROM offsets WHERE consumer = 'persister-search';
