"""The parts that every process of ours has: settings, logs, metrics, probes, loops, a start and a stop."""
