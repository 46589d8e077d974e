-- Before the code that uses it. Finds a person in JSON as its strings read, not as they are escaped.
-- Values and keys at any depth. Quotes stand around each string, so that a pattern can match a whole one.
CREATE FUNCTION json_says(value jsonb, pattern text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT EXISTS (
        SELECT
          FROM jsonb_path_query(value, 'strict $.** ? (@.type() == "string")') AS found (said)
         WHERE '"' || (found.said #>> '{}') || '"' ~* pattern
    ) OR EXISTS (
        SELECT
          FROM jsonb_path_query(value, 'strict $.** ? (@.type() == "object").keyvalue().key') AS found (said)
         WHERE '"' || (found.said #>> '{}') || '"' ~* pattern
    )
$$;
COMMENT ON FUNCTION json_says IS 'Whether a string or a key of the JSON value matches a pattern, without regard to case.';
