"""Takes the pictures of the documentation from the running services (`make pictures`)."""
