"""The statements of imports."""
