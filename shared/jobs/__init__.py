"""What a job is, its envelope on the wire, and the transitions of its row."""
