"""Carries committed jobs from PostgreSQL to RabbitMQ: at once, at their time, and again when lost."""
