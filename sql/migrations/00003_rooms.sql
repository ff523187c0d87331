-- +goose Up

ALTER TABLE rooms
    DROP CONSTRAINT rooms_kind_check,
    ADD CONSTRAINT rooms_kind_check CHECK (kind IN ('public', 'private', 'direct', 'announcement')),
    ADD COLUMN topic     text NOT NULL DEFAULT '',
    ADD COLUMN topic_key text NOT NULL DEFAULT '', -- folded, for the search
    ADD COLUMN capacity  integer NOT NULL DEFAULT 0 CHECK (capacity >= 0), -- 0: as many as any room
    ADD COLUMN slow      integer NOT NULL DEFAULT 0 CHECK (slow >= 0), -- seconds between two messages of a member
    ADD COLUMN archived  boolean NOT NULL DEFAULT false,
    ADD COLUMN made_as   text; -- what its creator asked for: the key's body; null: as it is now
DROP INDEX rooms_public;
CREATE INDEX rooms_public ON rooms (name_key, id) WHERE kind IN ('public', 'announcement') AND NOT archived;

-- The lobby and direct rooms have no owner. Any other room with members has
-- exactly one: its creator, or who has been in it for longest.
ALTER TABLE members
    ADD COLUMN role  text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'moderator', 'member')),
    ADD COLUMN muted timestamptz; -- may not post before; outlasts a leave
UPDATE members m SET role = 'owner' FROM (
    SELECT DISTINCT ON (m.room_id) m.room_id, m.user_id
    FROM members m JOIN rooms r ON r.id = m.room_id
    WHERE m.left_at IS NULL AND r.kind <> 'direct' AND r.id <> '00000000-0000-7000-8000-00000000066b'
    ORDER BY m.room_id, (m.user_id = r.created_by) IS TRUE DESC, m.joined, m.user_id
) eldest WHERE m.room_id = eldest.room_id AND m.user_id = eldest.user_id;
CREATE UNIQUE INDEX members_owner ON members (room_id) WHERE role = 'owner' AND left_at IS NULL;

CREATE TABLE bans (
    room_id   uuid NOT NULL REFERENCES rooms,
    user_id   uuid NOT NULL REFERENCES users,
    banned_by uuid NOT NULL REFERENCES users,
    reason    text NOT NULL,
    created   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires   timestamptz, -- null: never
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX bans_expires ON bans (expires) WHERE expires IS NOT NULL;

-- Links by which people may join a room.
CREATE TABLE room_links (
    id         uuid PRIMARY KEY,
    room_id    uuid NOT NULL REFERENCES rooms,
    hash       bytea NOT NULL CONSTRAINT room_links_hash UNIQUE,
    created_by uuid NOT NULL REFERENCES users,
    created    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires    timestamptz NOT NULL,
    uses_left  integer NOT NULL CHECK (uses_left >= 0),
    ended      timestamptz
);
CREATE INDEX room_links_room ON room_links (room_id, created);
CREATE INDEX room_links_expires ON room_links (expires);

-- Slow mode: whose turn a message took, and until when that person has no other.
CREATE TABLE turns (
    room_id uuid NOT NULL REFERENCES rooms,
    user_id uuid NOT NULL REFERENCES users,
    message uuid NOT NULL,
    until   timestamptz NOT NULL,
    PRIMARY KEY (room_id, user_id)
) WITH (fillfactor = 70);
CREATE INDEX turns_until ON turns (until);

-- +goose Down
DROP TABLE turns, room_links, bans;
DROP INDEX members_owner;
ALTER TABLE members DROP COLUMN role, DROP COLUMN muted;
DROP INDEX rooms_public;
UPDATE rooms SET kind = 'public' WHERE kind = 'announcement'; -- who could find it still can
ALTER TABLE rooms
    DROP COLUMN topic, DROP COLUMN topic_key, DROP COLUMN capacity, DROP COLUMN slow, DROP COLUMN archived, DROP COLUMN made_as,
    DROP CONSTRAINT rooms_kind_check,
    ADD CONSTRAINT rooms_kind_check CHECK (kind IN ('public', 'private', 'direct'));
CREATE INDEX rooms_public ON rooms (name_key, id) WHERE kind = 'public';
