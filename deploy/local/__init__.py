"""A private stack on loopback: PostgreSQL, RabbitMQ, a mailbox and both services."""
