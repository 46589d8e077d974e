-- Finds what is booked by another law than a zone has now, without looking at every appointment: those of a zone that
-- were booked with the same offset from UTC stand together, by their start (api_service/zones).
CREATE INDEX appointments_by_offset
    ON appointments (timezone, (local_date + local_time - (starts_at AT TIME ZONE 'UTC')), starts_at)
 WHERE status = 'booked';

-- The newest zone data that any instance has planned with: an older one must not plan back.
CREATE TABLE zone_data (
    version text        NOT NULL,                       -- IANA's release, such as 2026a
    since   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX zone_data_is_one_row ON zone_data ((true));
