"""E-mail as a channel: who may get it, how it is worded, how it is handed over."""
