"""What comes from outside: any bytes at all."""
