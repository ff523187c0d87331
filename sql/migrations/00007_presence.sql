-- +goose Up

-- Table-first: when people were last connected. It has a table of its own
-- because it changes often, while the row of a person is locked by what guards
-- their account.
CREATE TABLE seen (
    user_id uuid PRIMARY KEY REFERENCES users,
    at      timestamptz NOT NULL -- only grows
) WITH (fillfactor = 50);

-- +goose Down
DROP TABLE seen;
