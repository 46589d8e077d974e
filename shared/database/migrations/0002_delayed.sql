-- What a delaying broker holds is counted and taken back by this index, never by asking the broker.
CREATE INDEX jobs_delayed ON jobs (due_at) WHERE state = 'enqueued';
