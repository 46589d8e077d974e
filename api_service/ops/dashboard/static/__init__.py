"""The static files of the dashboard."""
