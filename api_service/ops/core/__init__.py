"""What operators may see and do, once, for the API and the dashboard."""
