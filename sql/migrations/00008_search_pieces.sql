-- +goose Up

-- Search has another index: persister-search reads CHAT anew, from what it still holds.
DROP TABLE search;
DELETE FROM offsets WHERE consumer = 'persister-search';

-- Projected: the fold of CHAT, by a consumer of its own. Messages as search
-- finds them: under terms (see package search) that tell nothing of the text. A
-- deleted message has none.
CREATE TABLE search (
    seq     bigint PRIMARY KEY,
    room_id uuid NOT NULL,
    at      timestamptz NOT NULL, -- when it was posted
    whose   bigint NOT NULL CONSTRAINT search_whose UNIQUE, -- a hash of its id and author: others change nothing, copies have no row
    terms   bytea NOT NULL -- see search.Packed
);
ALTER TABLE search ALTER terms SET STORAGE EXTERNAL; -- hashes cannot be compressed
CREATE INDEX search_at ON search (at);

-- Projected, and made of search alone: which messages have a term, for each
-- piece of the log that is complete. See search.Piece. Parts are read by the
-- dozen for a question: up to a block they stand in their row.
CREATE TABLE search_pieces (
    part     smallint NOT NULL,
    piece    bigint NOT NULL,
    postings bytea NOT NULL,
    PRIMARY KEY (part, piece)
) WITH (toast_tuple_target = 8160);
ALTER TABLE search_pieces ALTER postings SET STORAGE EXTERNAL;

-- +goose Down
DROP TABLE search_pieces;
DROP TABLE search;
CREATE TABLE search (
    room_id uuid NOT NULL,
    seq     bigint NOT NULL,
    at      timestamptz NOT NULL,
    whose   bigint NOT NULL CONSTRAINT search_whose UNIQUE,
    terms   integer[] NOT NULL,
    PRIMARY KEY (room_id, seq)
);
CREATE INDEX search_at ON search (at);
CREATE INDEX search_terms ON search USING gin (terms) WITH (fastupdate = on, gin_pending_list_limit = 1024);
DELETE FROM offsets WHERE consumer = 'persister-search';
