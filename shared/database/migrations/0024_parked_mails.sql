-- Since when a mail has waited for a mail server that is away or refuses us; null while it does not. Nullable: no rewrite.
ALTER TABLE jobs ADD COLUMN parked_since timestamptz;
-- The mail server (main, fallback) that may have the mail since an attempt without an answer: no other one gets it.
ALTER TABLE jobs ADD COLUMN bound_to text;
-- Found by who tries a mail server again, and by the counts of what has waited too long.
CREATE INDEX jobs_parked ON jobs (due_at, id) WHERE parked_since IS NOT NULL AND state = 'scheduled';
