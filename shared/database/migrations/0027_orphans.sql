-- How many rows the last nightly search has found that refer to something that is not there (docs/decisions/0014).
CREATE TABLE orphans (
    table_name  text        NOT NULL,
    column_name text        NOT NULL,
    found       bigint      NOT NULL,
    checked_at  timestamptz NOT NULL,
    PRIMARY KEY (table_name, column_name)
);
