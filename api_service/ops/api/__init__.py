"""What operators see and do, as JSON over HTTP."""
