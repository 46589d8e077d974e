"""The operators' views and actions, as JSON over HTTP."""
