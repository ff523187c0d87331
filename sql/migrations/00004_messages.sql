-- +goose Up

-- Projected: the fold of CHAT. -----------------------------------------------

-- events holds what has a line in a room's history. What amends a line stands
-- beside it, so that a page is as cheap as if nothing had been amended. A deleted
-- message's row is of type message.erased, with the envelope that history shows.
ALTER TABLE events ADD COLUMN current text; -- the envelope with the newest edit's text; null: not edited

-- Edits, deletions, reactions and pins, as they came. Edits of a message that is
-- deleted are not among them.
CREATE TABLE amendments (
    room_id  uuid NOT NULL,
    seq      bigint NOT NULL,
    id       uuid NOT NULL CONSTRAINT amendments_id UNIQUE,
    type     text NOT NULL,
    actor_id uuid, -- null: the system
    at       timestamptz NOT NULL,
    envelope text NOT NULL, -- the bytes in the log
    target   bigint, -- the sequence of what it amends; null: it amends nothing that this code knows
    PRIMARY KEY (room_id, seq)
);
CREATE INDEX amendments_target ON amendments (room_id, target, seq) WHERE type IN ('message.edited', 'message.deleted');

CREATE TABLE reactions (
    room_id uuid NOT NULL,
    target  bigint NOT NULL,
    emoji   text NOT NULL,
    user_id uuid NOT NULL,
    name    text NOT NULL, -- the user's, as it was then
    seq     bigint NOT NULL,
    PRIMARY KEY (room_id, target, emoji, user_id)
);

CREATE TABLE pins (
    room_id uuid NOT NULL,
    target  bigint NOT NULL,
    seq     bigint NOT NULL,
    PRIMARY KEY (room_id, target)
);

-- Entries of the log that repeat an event: they have no row, and must be erased
-- with the event that they repeat.
CREATE TABLE copies (
    seq     bigint PRIMARY KEY,
    room_id uuid NOT NULL,
    id      uuid NOT NULL
);
CREATE INDEX copies_id ON copies (id);

-- Not projected: what the persister has to erase from CHAT, and what it has
-- erased, which explains the log's holes. A rebuild adds to it and drops nothing.
CREATE TABLE erasures (
    seq     bigint PRIMARY KEY,
    room_id uuid NOT NULL,
    id      uuid NOT NULL, -- of the event
    target  bigint NOT NULL, -- the deleted message's sequence
    done    timestamptz, -- when the log had forgotten it; null: not yet
    kept    boolean NOT NULL DEFAULT false -- another event stood there: nothing was erased
);
CREATE INDEX erasures_due ON erasures (seq) WHERE done IS NULL;

-- +goose Down
INSERT INTO events (room_id, seq, id, type, actor_id, at, envelope)
    SELECT room_id, seq, id, type, actor_id, at, envelope FROM amendments ON CONFLICT DO NOTHING;
DROP TABLE amendments, reactions, pins, copies, erasures;
ALTER TABLE events DROP COLUMN current;
