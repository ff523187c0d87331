-- +goose Up

-- Table-first: what a transaction decides. ---------------------------------

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    name_key      text NOT NULL CONSTRAINT users_name_key UNIQUE, -- folded: see nameKey
    password_hash text NOT NULL,
    created       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users,
    generation bigint NOT NULL,        -- of the refresh token that is valid now
    rotated    timestamptz NOT NULL,   -- when it became so
    created    timestamptz NOT NULL DEFAULT now(),
    expires    timestamptz NOT NULL,
    ended      timestamptz,
    reason     text
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE INDEX sessions_ended ON sessions (ended) WHERE ended IS NOT NULL;

CREATE TABLE tickets (
    hash           bytea PRIMARY KEY,
    user_id        uuid NOT NULL REFERENCES users,
    session_id     uuid NOT NULL,
    access_expires timestamptz NOT NULL, -- of the principal who asked for it
    expires        timestamptz NOT NULL
);
CREATE INDEX tickets_expires ON tickets (expires);

CREATE TABLE rooms (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('public', 'private', 'direct')),
    name         text NOT NULL,
    name_key     text NOT NULL,
    direct_key   text UNIQUE,              -- the two people of a direct room, sorted
    created_by   uuid REFERENCES users,    -- null: the system
    rev          bigint NOT NULL DEFAULT 0, -- grows with every join and leave
    member_count integer NOT NULL DEFAULT 0,
    created      timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'direct') = (direct_key IS NOT NULL))
) WITH (fillfactor = 70); -- rev and member_count change often, and no index holds them
CREATE INDEX rooms_public ON rooms (name_key, id) WHERE kind = 'public';

CREATE TABLE members (
    room_id    uuid NOT NULL REFERENCES rooms,
    user_id    uuid NOT NULL REFERENCES users,
    name_key   text NOT NULL,         -- the user's, so that lists by name are one index scan
    rev        bigint NOT NULL,       -- the room's at which they joined
    again      boolean NOT NULL DEFAULT false, -- had been a member before
    joined     timestamptz NOT NULL,
    joined_seq bigint,                -- of their member.joined; null until the log has it
    left_at    timestamptz,           -- null: a member now
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX members_user ON members (user_id) WHERE left_at IS NULL;
CREATE INDEX members_name ON members (room_id, name_key) WHERE left_at IS NULL;

CREATE TABLE invitations (
    room_id    uuid NOT NULL REFERENCES rooms,
    user_id    uuid NOT NULL REFERENCES users,
    invited_by uuid NOT NULL REFERENCES users,
    created    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room_id, user_id)
);

CREATE TABLE outbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    event   text NOT NULL, -- the envelope
    trace   text NOT NULL, -- of the action that wrote it: W3C traceparent, or empty
    created timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_subject ON outbox (subject, id);

-- Projected: the fold of the log. No reference leads from here to the tables
-- above, so that the log alone decides what is in them. ----------------------

CREATE TABLE offsets (
    consumer    text NOT NULL,
    stream      text NOT NULL,
    incarnation text NOT NULL,
    seq         bigint NOT NULL, -- the rows are true up to here
    PRIMARY KEY (consumer, stream)
) WITH (fillfactor = 10); -- a handful of rows that change all the time

-- Every event of CHAT: what happened in a room, in the room's order.
CREATE TABLE events (
    room_id  uuid NOT NULL,
    seq      bigint NOT NULL,
    id       uuid NOT NULL CONSTRAINT events_id UNIQUE, -- the guard against duplicates, for ever
    type     text NOT NULL,
    actor_id uuid, -- null: the system
    at       timestamptz NOT NULL,
    envelope text NOT NULL, -- the bytes in the log
    PRIMARY KEY (room_id, seq)
);
-- Last message and unread counts, without a visit to the table.
CREATE INDEX events_messages ON events (room_id, seq) INCLUDE (actor_id) WHERE type = 'message.posted';

CREATE TABLE mentions (
    user_id uuid NOT NULL,
    room_id uuid NOT NULL,
    seq     bigint NOT NULL,
    PRIMARY KEY (user_id, room_id, seq)
);

CREATE TABLE read_markers (
    room_id uuid NOT NULL,
    user_id uuid NOT NULL,
    seq     bigint NOT NULL, -- only grows
    PRIMARY KEY (room_id, user_id)
) WITH (fillfactor = 70);

CREATE TABLE notifications (
    user_id   uuid NOT NULL,
    seq       bigint NOT NULL,
    id        uuid NOT NULL CONSTRAINT notifications_id UNIQUE,
    kind      text, -- null where the event is newer than this code
    room_id   uuid,
    source_id uuid,
    at        timestamptz NOT NULL,
    read      boolean NOT NULL DEFAULT false,
    envelope  text NOT NULL,
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX notifications_unread ON notifications (user_id, seq) INCLUDE (room_id) WHERE NOT read;

CREATE TABLE dead_letters (
    consumer    text NOT NULL,
    stream      text NOT NULL,
    incarnation text NOT NULL,
    seq         bigint NOT NULL,
    subject     text NOT NULL,
    body        bytea NOT NULL,
    reason      text NOT NULL,
    at          timestamptz NOT NULL, -- when the log stored it
    PRIMARY KEY (stream, seq, consumer, incarnation)
);

-- +goose Down
DROP TABLE dead_letters, notifications, read_markers, mentions, events, offsets,
    outbox, invitations, members, rooms, tickets, sessions, users;
