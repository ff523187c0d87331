-- +goose Up

-- An account of an earlier version has no address until its owner adds one; the
-- oldest becomes the owner.
ALTER TABLE users
    ADD COLUMN email     text,
    ADD COLUMN email_key text CONSTRAINT users_email_key UNIQUE, -- folded: see emailKey
    ADD COLUMN role      text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'moderator', 'member')),
    ADD COLUMN disabled  timestamptz,
    ADD CHECK ((email IS NULL) = (email_key IS NULL));
UPDATE users SET role = 'owner' WHERE id = (SELECT id FROM users ORDER BY created, id LIMIT 1);
CREATE INDEX users_staff ON users (role) WHERE role <> 'member';

ALTER TABLE sessions
    ADD COLUMN device  text NOT NULL DEFAULT '', -- such as "Firefox on Linux"
    ADD COLUMN address text NOT NULL DEFAULT '', -- from which it was last refreshed
    ADD COLUMN seen    timestamptz NOT NULL DEFAULT now(); -- when that was

-- One-time codes that were mailed. hash is keyed by the operator's secret:
-- eight digits would be guessed from a plain one.
CREATE TABLE codes (
    id        uuid PRIMARY KEY,
    purpose   text NOT NULL CHECK (purpose IN ('signup', 'reset', 'email')),
    email_key text NOT NULL,
    user_id   uuid REFERENCES users, -- whose password or address it is about
    hash      bytea NOT NULL,
    guesses   integer NOT NULL DEFAULT 0, -- of all codes of this row: a resend does not set it back
    sends     integer NOT NULL DEFAULT 1,
    sent      timestamptz NOT NULL DEFAULT clock_timestamp(),
    created   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires   timestamptz NOT NULL,
    body      jsonb NOT NULL DEFAULT '{}' -- what happens when the code is right
);
CREATE INDEX codes_email ON codes (email_key, created);
CREATE INDEX codes_user ON codes (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX codes_expires ON codes (expires);

-- Personal access tokens. A token's id stands where a session's does.
CREATE TABLE tokens (
    id      uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    name    text NOT NULL,
    scopes  text[] NOT NULL,
    hash    bytea NOT NULL CONSTRAINT tokens_hash UNIQUE,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires timestamptz, -- null: never
    used    timestamptz, -- to the minute
    ended   timestamptz
);
CREATE INDEX tokens_user ON tokens (user_id) WHERE ended IS NULL;
CREATE INDEX tokens_expires ON tokens (expires) WHERE expires IS NOT NULL;
CREATE INDEX tokens_ended ON tokens (ended) WHERE ended IS NOT NULL;

-- A ticket may do what whoever asked for it may.
ALTER TABLE tickets
    ADD COLUMN scopes text[], -- null: a session's, which may do everything
    ALTER COLUMN access_expires DROP NOT NULL; -- null: a token that never expires

-- Links by which people may sign up.
CREATE TABLE signup_invitations (
    id         uuid PRIMARY KEY,
    hash       bytea NOT NULL CONSTRAINT signup_invitations_hash UNIQUE,
    created_by uuid NOT NULL REFERENCES users,
    created    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires    timestamptz NOT NULL,
    uses_left  integer NOT NULL CHECK (uses_left >= 0),
    ended      timestamptz
);
CREATE INDEX signup_invitations_expires ON signup_invitations (expires);

-- Who somebody is at an OpenID provider.
CREATE TABLE identities (
    issuer  text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL REFERENCES users,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id);

-- Attempts that are limited on all edges together, such as log-ins to one
-- account. A key is a hash: it does not tell which names were tried.
CREATE TABLE attempts (
    key    bytea PRIMARY KEY,
    count  integer NOT NULL,
    resets timestamptz NOT NULL -- when counting starts over
) WITH (fillfactor = 70);
CREATE INDEX attempts_resets ON attempts (resets);

-- Projected: the fold of AUDIT. ----------------------------------------------

CREATE TABLE audit (
    seq      bigint PRIMARY KEY,
    id       uuid NOT NULL CONSTRAINT audit_id UNIQUE,
    user_id  uuid NOT NULL, -- whom it concerns
    kind     text, -- null where the event is newer than this code
    at       timestamptz NOT NULL,
    envelope text NOT NULL
);
CREATE INDEX audit_user ON audit (user_id, seq);

-- +goose Down
DROP TABLE audit, attempts, identities, signup_invitations, tokens, codes;
DELETE FROM tickets; -- they last for 30 s
ALTER TABLE tickets DROP COLUMN scopes, ALTER COLUMN access_expires SET NOT NULL;
ALTER TABLE sessions DROP COLUMN device, DROP COLUMN address, DROP COLUMN seen;
ALTER TABLE users DROP COLUMN email, DROP COLUMN email_key, DROP COLUMN role, DROP COLUMN disabled;
