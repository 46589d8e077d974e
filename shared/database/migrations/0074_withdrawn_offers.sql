-- An offer ends, too, when its appointment fits its doctor again (docs/decisions/0029). The release before reads such an
-- answer as any other.
-- step: let an offer be withdrawn
ALTER TABLE offers
    DROP CONSTRAINT offers_answer_check,
    ADD CONSTRAINT offers_answer_check CHECK (answer IN ('taken', 'moved', 'cancelled', 'lapsed', 'withdrawn')) NOT VALID;

-- step: older answers
ALTER TABLE offers VALIDATE CONSTRAINT offers_answer_check;
