-- Before the code that uses it. A person can be erased: rows stay to be counted, and nothing in them is personal
-- (docs/decisions/0030, docs/personal-data.md).

-- step: mark erased rows
ALTER TABLE clients ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN clients.erased_at IS 'This row stands for an erased person, under an id that says nothing.';
ALTER TABLE jobs ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN jobs.erased_at IS 'Its client was erased: no error text is kept any more, since it may echo an address.';

-- step: recognise an id or an address without keeping it
-- A random key of this database. A copy of the database without this table cannot be searched for known people.
CREATE TABLE erasure_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    key     bytea   NOT NULL
);
INSERT INTO erasure_key (key)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- Each argument is used once, so that the planner can inline it.
CREATE FUNCTION erased_form(plain text, key bytea) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT 'erased:' || encode(sha256(sha256(convert_to(plain, 'UTF8')) || key), 'hex')
$$;
COMMENT ON FUNCTION erased_form IS 'A keyed hash: tells whether an id or address is one that was erased, and nothing else.';

-- One row for each erased person who was not admitted again.
CREATE TABLE erased_clients (
    form       text        PRIMARY KEY,                 -- erased_form of the id in their tokens
    erased_as  text        NOT NULL,                    -- the id that their rows have now
    erased_at  timestamptz NOT NULL DEFAULT now(),
    erased_by  text        NOT NULL,                    -- the operator
    counts     jsonb       NOT NULL                     -- the rows that were erased, by their kind
);

-- step: a token that is older than the erasure brings nobody back
-- AFTER: a statement that waited for the erasure to be committed sees it here, as it did not before. The error is that of a
-- foreign key, so the caller tries again, and then sees the erasure at once.
CREATE FUNCTION refuse_erased_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM erased_clients WHERE form = erased_form(NEW.id, (SELECT key FROM erasure_key))) THEN
        RAISE EXCEPTION 'the client was erased' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER clients_not_erased AFTER INSERT ON clients
    FOR EACH ROW WHEN (NEW.erased_at IS NULL) EXECUTE FUNCTION refuse_erased_client();

-- step: operators erase and export people
-- The names are in the code (api_service/ops/core/actions.py). A list here, too, made each release replace it.
ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_check,
    ADD CONSTRAINT operator_actions_action_check CHECK (action ~ '^[a-z_]{1,40}$') NOT VALID;

-- step: older actions
ALTER TABLE operator_actions VALIDATE CONSTRAINT operator_actions_action_check;
