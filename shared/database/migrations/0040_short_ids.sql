-- Search by the ids that pages show: eight digits of an id, or its beginning.
-- Pages show the last eight digits of a UUID, since its first ones are its time (version 7), and the same for all that was
-- made within a minute. An index of the last digits alone would make each booking write to pages all over it. So the first
-- five digits, which change every three days, stand before them: writes stay together, and a search looks once for every
-- three days that jobs are kept. Text, compared by bytes: no locale costs anything here.

-- step outside a transaction: build jobs_by_short_id
CREATE INDEX CONCURRENTLY jobs_by_short_id ON jobs ((left(id::text, 5) || right(id::text, 8)) COLLATE "C");

-- step outside a transaction: build appointments_by_short_id
CREATE INDEX CONCURRENTLY appointments_by_short_id
    ON appointments ((left(id::text, 5) || right(id::text, 8)) COLLATE "C");

-- Ids of clients and doctors are text that others have chosen: found by their beginning, in any locale.
-- step outside a transaction: build clients_by_beginning
CREATE INDEX CONCURRENTLY clients_by_beginning ON clients (id text_pattern_ops);

-- step outside a transaction: build doctors_by_beginning
CREATE INDEX CONCURRENTLY doctors_by_beginning ON doctors (id text_pattern_ops);
