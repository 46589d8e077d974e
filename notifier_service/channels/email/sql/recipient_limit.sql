-- name: forget
-- Addresses whose last mail may have gone by now. The claim gives the times (admission.sql).
DELETE FROM mail_turns WHERE taken_until < now();
