"""What every process of ours does: settings, logs, metrics, probes, loops, a start and a stop."""
