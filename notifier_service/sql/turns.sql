-- name: take
-- A turn for the mail of each of these jobs; one that has its turn keeps it. An address's turns are $2 seconds apart,
-- and $3 seconds' worth of them may be taken at once after a pause. More than $4 seconds ahead no turn is given: what
-- finds its address so far behind is not counted, and asks again (wait is null). Jobs are locked in id order, then
-- addresses in theirs, so that two batches cannot deadlock.
WITH asking AS (
    SELECT j.id, sha256(convert_to(lower(c.email), 'UTF8')) AS address, j.mail_turn
      FROM jobs j
      JOIN clients c ON c.id = j.client_id
     WHERE j.id = ANY ($1::uuid[]) AND c.email IS NOT NULL
     ORDER BY j.id
       FOR UPDATE OF j
), fresh AS (
    SELECT id, address,
           row_number() OVER (PARTITION BY address ORDER BY id) AS place,
           count(*) OVER (PARTITION BY address) AS places
      FROM asking
     WHERE mail_turn IS NULL
), taken AS (
    INSERT INTO mail_turns AS known (address, taken_until)
    SELECT address, now() + make_interval(secs => count(*) * $2::float8)
      FROM fresh
     GROUP BY address
     ORDER BY address
    ON CONFLICT (address) DO UPDATE
       SET taken_until = greatest(known.taken_until, now()) + (excluded.taken_until - now())
     WHERE known.taken_until < now() + make_interval(secs => $4::float8)
    RETURNING address, taken_until
), given AS (
    UPDATE jobs j
       SET mail_turn = taken.taken_until - make_interval(secs => (fresh.places - fresh.place + 1) * $2::float8 + $3::float8)
      FROM fresh
      JOIN taken ON taken.address = fresh.address
     WHERE j.id = fresh.id
    RETURNING j.id, j.mail_turn
)
SELECT asking.id, extract(epoch FROM coalesce(asking.mail_turn, given.mail_turn) - now())::float8 AS wait
  FROM asking
  LEFT JOIN given ON given.id = asking.id;

-- name: forget
-- Addresses whose turns are all over.
DELETE FROM mail_turns WHERE taken_until < now();
