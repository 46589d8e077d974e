-- The lists of jobs: `newest` in the order of ids, `page` in the order of a tab; both around their candidates.

-- name: newest
-- A page of jobs, the newest first: at most $5 rows that match $1 (state), $2 (kind) and $3 (words of the error) among the
-- candidates, whose ids lie between $6 and $7. At most $4 candidates are looked at, in the order of an index: that keeps a
-- page as cheap at ten million jobs as at ten. `edge_id` is the last candidate where there are more: from there the search
-- goes on. One row comes back where nothing matches, without an id.
WITH candidates AS MATERIALIZED (
/* candidates */
)
SELECT edge.edge_id, j.*
  FROM (SELECT (SELECT id FROM candidates ORDER BY id DESC OFFSET $4::bigint - 1) AS edge_id) edge
  LEFT JOIN LATERAL (
        SELECT *
          FROM candidates
         WHERE ($1::text IS NULL OR state = $1)
           AND ($2::text IS NULL OR kind = $2)
           AND ($3::text IS NULL OR error ILIKE '%' || $3 || '%')
         ORDER BY id DESC
         LIMIT $5::bigint
       ) j ON true
 ORDER BY j.id DESC;

-- name: newest_of_all
SELECT *
  FROM jobs
 WHERE id BETWEEN $6 AND $7
 ORDER BY id DESC
 LIMIT $4;

-- name: newest_of_a_rarer_kind
-- By jobs_of_rarer_kinds.
SELECT *
  FROM jobs
 WHERE kind = $2 AND kind <> 'appointment_created_email' AND kind <> 'appointment_reminder'
   AND id BETWEEN $6 AND $7
 ORDER BY id DESC
 LIMIT $4;

-- name: newest_at_rest
-- Of the kinds $8, each by jobs_at_rest.
SELECT each.*
  FROM unnest($8::text[]) AS wanted (kind)
 CROSS JOIN LATERAL (
        SELECT *
          FROM jobs
         WHERE state = $1 AND state IN ('scheduled', 'failed', 'cancelled', 'skipped')
           AND kind = wanted.kind
           AND id BETWEEN $6 AND $7
         ORDER BY id DESC
         LIMIT $4
       ) AS each
 ORDER BY id DESC
 LIMIT $4;

-- name: newest_failed
SELECT *
  FROM jobs
 WHERE state = 'failed' AND id BETWEEN $6 AND $7
 ORDER BY id DESC
 LIMIT $4;

-- name: newest_enqueued
-- By jobs_with_broker_by_id, as the next one.
SELECT *
  FROM jobs
 WHERE state = 'enqueued' AND id BETWEEN $6 AND $7
 ORDER BY id DESC
 LIMIT $4;

-- name: newest_retrying
SELECT *
  FROM jobs
 WHERE state = 'retrying' AND id BETWEEN $6 AND $7
 ORDER BY id DESC
 LIMIT $4;

-- name: newest_processing
-- No more than there are workers.
SELECT *
  FROM jobs
 WHERE state = 'processing' AND id BETWEEN $6 AND $7
 ORDER BY id DESC
 LIMIT $4;

-- name: newest_in_trouble
-- Failed, or tried again.
SELECT *
  FROM (
    (SELECT * FROM jobs WHERE state = 'failed' AND id BETWEEN $6 AND $7 ORDER BY id DESC LIMIT $4)
    UNION ALL
    (SELECT * FROM jobs WHERE state = 'retrying' AND id BETWEEN $6 AND $7 ORDER BY id DESC LIMIT $4)
  ) AS in_trouble
 ORDER BY id DESC
 LIMIT $4;

-- name: newest_of_appointments
-- Each appointment by jobs_of_appointment. The inner LIMIT keeps the planner from a walk through all jobs in their order.
SELECT each.*
  FROM unnest($8::uuid[]) AS wanted (appointment_id)
 CROSS JOIN LATERAL (
        SELECT * FROM jobs WHERE appointment_id = wanted.appointment_id AND id BETWEEN $6 AND $7 ORDER BY id DESC LIMIT $4
       ) AS each
 ORDER BY id DESC
 LIMIT $4;

-- name: page
-- A page of a tab, at most $4 rows that match $1 (kind), $2 (queue) and $3 (words of the error). At most $5
-- candidates are looked at, in the order of an index: that keeps a page as cheap at ten million jobs as at ten,
-- for any filter. `edge` is the last candidate if there are more: the search goes on from there.
-- If nothing matches, one row without an id comes back. Neither a join nor a scan of a CTE keeps the order: so rows
-- are put into the tab's order (the candidates') by each SELECT that takes some of them, and at the end.
WITH candidates AS MATERIALIZED (
/* candidates */
)
SELECT edge.edge_moment, edge.edge_id, j.*,
       CASE WHEN j.kind IN ('doctor_agenda_email', 'doctor_notice_email')
            THEN recipient_address(j.kind, (SELECT a.doctor_id FROM appointments a WHERE a.id = j.appointment_id), c.email)
            ELSE c.email END AS email
  FROM (SELECT (SELECT moment FROM candidates ORDER BY /* order */ OFFSET $5 - 1) AS edge_moment,
               (SELECT id FROM candidates ORDER BY /* order */ OFFSET $5 - 1) AS edge_id) edge
  LEFT JOIN LATERAL (
        SELECT *, row_number() OVER (ORDER BY /* order */) AS place
          FROM candidates
         WHERE ($1::text IS NULL OR kind = $1)
           AND ($2::text IS NULL OR priority = $2)
           AND ($3::text IS NULL OR error ILIKE '%' || $3 || '%')
         ORDER BY place
         LIMIT $4::bigint
       ) j ON true
  LEFT JOIN clients c ON c.id = j.client_id
 ORDER BY j.place;

-- name: scheduled
-- The next first: when a relay takes it to the broker.
SELECT *, publish_after AS moment
  FROM jobs
 WHERE state = 'scheduled'
   AND (publish_after, id) > ($6::timestamptz, $7::uuid)
   AND publish_after >= $8::timestamptz AND publish_after < $9::timestamptz
 ORDER BY moment, id
 LIMIT $5;

-- name: enqueued
-- The one that waits longest first.
SELECT *, due_at AS moment
  FROM jobs
 WHERE state = 'enqueued'
   AND (due_at, id) > ($6::timestamptz, $7::uuid)
   AND due_at >= $8::timestamptz AND due_at < $9::timestamptz
 ORDER BY moment, id
 LIMIT $5;

-- name: processing
-- No more than there are workers.
SELECT *, started_at AS moment
  FROM jobs
 WHERE state = 'processing'
   AND (started_at, id) > ($6::timestamptz, $7::uuid)
   AND started_at >= $8::timestamptz AND started_at < $9::timestamptz
 ORDER BY moment, id
 LIMIT $5;

-- name: retrying
-- The next attempt first.
SELECT *, due_at AS moment
  FROM jobs
 WHERE state = 'retrying'
   AND (due_at, id) > ($6::timestamptz, $7::uuid)
   AND due_at >= $8::timestamptz AND due_at < $9::timestamptz
 ORDER BY moment, id
 LIMIT $5;

-- name: failed
-- The newest first, as in all that has ended.
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'failed'
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: succeeded
-- By jobs_ended, as the next two.
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'succeeded'
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: cancelled
-- Cancelled jobs.
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'cancelled'
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: skipped
-- Skipped jobs.
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'skipped'
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: group
-- The failed jobs of one cause ($10).
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'failed'
   AND error_group = $10
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: all
-- Jobs of every state. Ids of version 7 are in the order of their making, so the primary key is the index, and a
-- period is a range of ids.
SELECT *, created_at AS moment
  FROM jobs
 WHERE id < $6::uuid AND id >= $7::uuid
 ORDER BY id DESC
 LIMIT $5;

-- name: of_appointments
-- Of one appointment or of a client's: few, each by jobs_of_appointment; $8: their state. The inner LIMIT keeps the planner
-- from a walk through all jobs in their order.
SELECT each.*, each.created_at AS moment
  FROM unnest($7::uuid[]) AS wanted (appointment_id)
 CROSS JOIN LATERAL (
        SELECT *
          FROM jobs
         WHERE appointment_id = wanted.appointment_id
           AND id < $6::uuid
           AND ($8::text IS NULL OR state = $8)
         ORDER BY id DESC
         LIMIT $5
       ) AS each
 ORDER BY id DESC
 LIMIT $5;

-- name: appointments_of_client
-- The newest first, as many as are worth showing.
SELECT id FROM appointments WHERE client_id = $1 ORDER BY starts_at DESC, id DESC LIMIT 500;
