-- +goose Up

-- Whoever mentions all of a room takes a turn for it, too, so that a retry of the
-- same message mentions them again.
ALTER TABLE turns
    ADD COLUMN crowd boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT turns_pkey,
    ADD PRIMARY KEY (room_id, user_id, crowd);

-- +goose Down
DELETE FROM turns WHERE crowd;
ALTER TABLE turns
    DROP CONSTRAINT turns_pkey,
    DROP COLUMN crowd,
    ADD PRIMARY KEY (room_id, user_id);
