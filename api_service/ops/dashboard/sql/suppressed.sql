-- What the list of suppressed addresses shows beside them.

-- name: skipped
-- Jobs that were skipped because of these addresses ($1), found by their clients and appointments. $2: a spelling of
-- each in small letters; an address that has several stands there several times.
SELECT wanted.address, count(j.id)::int AS jobs
  FROM unnest($1::text[], $2::text[]) AS wanted (address, spelling)
  JOIN clients c ON lower(c.email) = wanted.spelling
  JOIN LATERAL (SELECT id FROM appointments WHERE client_id = c.id ORDER BY starts_at DESC, id DESC LIMIT 200) AS a ON true
  JOIN jobs j ON j.appointment_id = a.id AND j.state = 'skipped' AND j.reason = 'address suppressed'
 GROUP BY wanted.address;

-- name: address_of
SELECT address FROM suppressions WHERE id = $1;
