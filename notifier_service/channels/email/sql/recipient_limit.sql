-- name: forget
-- Addresses whose turns are all over. Turns are given by the claim (shared/jobs/sql/claiming.sql).
DELETE FROM mail_turns WHERE taken_until < now();
