"""What 10, 100 and 1,000 machines would carry: a simulation with measured costs (`python -m tests.bench.machines`)."""
