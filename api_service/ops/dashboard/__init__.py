"""The jobs dashboard at /ops: pages for people, rendered here, usable without scripts."""
