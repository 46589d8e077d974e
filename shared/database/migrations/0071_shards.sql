-- More than one work queue for each priority (SHARDS, docs/decisions/0036).

-- Every work queue that a process has declared: "high", or "high.3". After a change of SHARDS the notifiers find the old
-- queues here, and empty them. A row goes when its queue no longer exists in the broker.
CREATE TABLE work_queues (
    queue       text PRIMARY KEY CHECK (queue ~ '^(high|normal)([.][1-9][0-9]?)?$'),
    declared_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO work_queues (queue) VALUES ('high'), ('normal');

-- As queue_pauses, for one shard. A table of its own: the release before reads queue_pauses, and knows two queues only.
CREATE TABLE shard_pauses (
    queue      text PRIMARY KEY CHECK (queue ~ '^(high|normal)[.][1-9][0-9]?$'),
    reason     text,
    paused_by  text        NOT NULL,
    paused_at  timestamptz NOT NULL DEFAULT now(),
    resumed_at timestamptz
);
