-- When the next e-mail to an address may go, over all notifiers (docs/decisions/0010). The address is hashed: this
-- table needs to tell addresses apart, and nobody needs to read them here. A row of the past says as much as none.
CREATE TABLE mail_turns (
    address     bytea PRIMARY KEY,                       -- SHA-256 of it in lower case
    taken_until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- The turn that a job was given: it counts once, however often it is parked or tried. Nullable: no rewrite.
ALTER TABLE jobs ADD COLUMN mail_turn timestamptz;
