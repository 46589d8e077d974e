"""The live stream of a client's notifications: server-sent events; a client resumes without a gap."""
