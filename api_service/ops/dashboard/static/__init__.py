"""What the dashboard sends to browsers as it is."""
