"""The live stream of a client's notifications: server-sent events that resume without a gap."""
