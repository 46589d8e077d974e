"""What becomes of a mail, whatever a mail server answers: a table, and the tests that hold the session to it."""
