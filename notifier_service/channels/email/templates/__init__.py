"""The pair of templates that every e-mail is set in."""
