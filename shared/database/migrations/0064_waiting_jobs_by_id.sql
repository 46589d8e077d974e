-- Enqueued and retrying jobs in the order of their ids, with their kinds: the operators' lists and counts of them read no
-- more than they show, at any length of an outage. A job that is claimed at once, retried never, has no entry in it.

-- step outside a transaction: build jobs_with_broker_by_id
CREATE INDEX CONCURRENTLY jobs_with_broker_by_id ON jobs (state, id) INCLUDE (kind)
    WHERE state IN ('enqueued', 'retrying');
