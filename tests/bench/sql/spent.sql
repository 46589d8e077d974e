-- The cost of statements, by pg_stat_statements.

-- name: prepare
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

-- name: leave_out
-- In the session of the meter.
SET pg_stat_statements.track = 'none';

-- name: spent
-- Milliseconds and number of all statements in this database until now, and the backends that are connected to it.
SELECT coalesce(sum(total_exec_time + total_plan_time), 0)::float8 AS sql, coalesce(sum(calls), 0)::bigint AS calls,
       ARRAY(SELECT pid FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()) AS backends
  FROM pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
