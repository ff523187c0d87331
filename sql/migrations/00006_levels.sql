-- +goose Up

-- What people want to be told of a room. Who has no row has the kind's default.
CREATE TABLE levels (
    room_id uuid NOT NULL REFERENCES rooms,
    user_id uuid NOT NULL REFERENCES users,
    level   text NOT NULL CHECK (level IN ('all', 'mentions', 'none')),
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX levels_all ON levels (room_id) WHERE level = 'all';

-- Whoever has read a room up to there has read the notification.
ALTER TABLE notifications ADD COLUMN source_seq bigint; -- null: none of CHAT, or not known
UPDATE notifications SET source_seq = (envelope::jsonb #>> '{data,seq}')::bigint WHERE room_id IS NOT NULL AND kind IS NOT NULL;
UPDATE notifications n SET read = true FROM read_markers m
WHERE NOT n.read AND m.user_id = n.user_id AND m.room_id = n.room_id AND m.seq >= n.source_seq;
CREATE INDEX notifications_unread_room ON notifications (user_id, room_id, source_seq) WHERE NOT read;

-- +goose Down
DROP INDEX notifications_unread_room;
ALTER TABLE notifications DROP COLUMN source_seq;
DROP TABLE levels;
