"""E-mail as a channel: admission rules, wording, rendering, hand-over."""
