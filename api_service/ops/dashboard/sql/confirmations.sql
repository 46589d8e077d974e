-- Changes of many jobs that were asked for, shown and then confirmed.

-- name: outline_requeue
-- What a requeue of the chosen failed jobs would do. Chosen by ids ($1), or by cause ($2), kind ($3), or both;
-- those that failed until $4. What cannot or need not be sent stays failed; of `unsure` nobody knows whether the
-- mail has arrived: the last attempt ended without an answer.
SELECT count(*)::int AS matched,
       count(*) FILTER (WHERE past)::int AS past,
       count(*) FILTER (WHERE suppressed AND NOT past)::int AS suppressed,
       count(*) FILTER (WHERE unsure AND NOT past AND NOT suppressed)::int AS unsure,
       count(*) FILTER (WHERE priority = 'high' AND NOT past AND NOT suppressed AND NOT unsure)::int AS high,
       count(*) FILTER (WHERE priority = 'normal' AND NOT past AND NOT suppressed AND NOT unsure)::int AS normal
  FROM (
/* chosen */
  ) AS chosen;

-- name: chosen
SELECT j.id, j.priority, a.starts_at <= now() AS past, s.address IS NOT NULL AS suppressed,
       j.error_group LIKE 'possibly sent%' OR j.error_group LIKE 'worker lost%' OR j.error_group LIKE '% at end of data'
           AS unsure
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  JOIN clients c ON c.id = j.client_id
  LEFT JOIN suppressions s
    ON s.address = regexp_replace(c.email, '@[^@]*$', '') || '@' || lower(substring(c.email FROM '[^@]*$'))
 WHERE j.state = 'failed'
   AND ($1::uuid[] IS NULL OR j.id = ANY ($1))
   AND ($2::text IS NULL OR j.error_group = $2)
   AND ($3::text IS NULL OR j.kind = $3)
   AND coalesce(j.finished_at, j.created_at) <= $4::timestamptz
 LIMIT 50000;

-- name: chosen_ids
-- Those of the chosen that are requeued; $5: also the unsure ones.
SELECT id
  FROM (
/* chosen */
  ) AS chosen
 WHERE NOT past AND NOT suppressed AND ($5 OR NOT unsure)
 ORDER BY id;

-- name: outline_cancel
-- How many of these ($1) have not ended.
SELECT count(*) FILTER (WHERE state IN ('scheduled', 'enqueued', 'retrying'))::int AS waiting,
       count(*) FILTER (WHERE state = 'processing')::int AS processing,
       count(*)::int AS matched
  FROM jobs
 WHERE id = ANY ($1::uuid[]);

-- name: propose
INSERT INTO ops_confirmations (id, session, filter, cutoff, outline)
VALUES ($1, $2, $3::jsonb, $4, $5::jsonb);

-- name: find
SELECT id, filter, cutoff, outline, used_at, cardinality(jobs) AS changed
  FROM ops_confirmations
 WHERE id = $1 AND session = $2;

-- name: use
-- Once: of two clicks one does nothing.
UPDATE ops_confirmations SET used_at = now() WHERE id = $1 AND session = $2 AND used_at IS NULL RETURNING id;

-- name: note_jobs
UPDATE ops_confirmations SET jobs = $2 WHERE id = $1;

-- name: progress
-- Where the first thousand of the moved jobs are by now.
SELECT j.state, count(*)::int AS jobs
  FROM (SELECT unnest(jobs[1:1000]) AS id FROM ops_confirmations WHERE id = $1) AS moved
  JOIN jobs j USING (id)
 GROUP BY j.state;

-- name: now
SELECT clock_timestamp() AS moment;
