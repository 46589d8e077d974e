"""The channels through which events are told; a folder for each channel."""
