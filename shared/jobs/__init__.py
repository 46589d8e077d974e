"""The model of a job, its envelope on the wire, and the transitions of its row."""
