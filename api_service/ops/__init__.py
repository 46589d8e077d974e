"""The operators' views and actions."""
