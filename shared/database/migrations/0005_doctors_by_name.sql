-- The order in which doctors are listed, page by page.
CREATE INDEX doctors_by_name ON doctors (name, id);
