"""What the pages read: one module a subject, its statements in ../sql."""
