-- step outside a transaction: build appointments_by_offset
CREATE INDEX CONCURRENTLY appointments_by_offset
    ON appointments (timezone, (local_date + local_time - (starts_at AT TIME ZONE 'UTC')), starts_at)
 WHERE status = 'booked';

-- step: make zone_data
CREATE TABLE zone_data (
    version text        NOT NULL,                       -- IANA's release, such as 2026a
    since   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX zone_data_is_one_row ON zone_data ((true));
