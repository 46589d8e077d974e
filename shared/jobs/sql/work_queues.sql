-- The work queues that processes have declared.

-- name: declared
-- $1: queues that are in use now. Writes only what is new.
INSERT INTO work_queues (queue) SELECT unnest($1::text[]) ON CONFLICT (queue) DO NOTHING;

-- name: known
SELECT queue FROM work_queues ORDER BY queue;

-- name: gone
-- The broker has no such queue any more.
DELETE FROM work_queues WHERE queue = $1;
