"""Takes bookings over HTTP, commits them with their jobs, and relays the jobs to RabbitMQ."""
