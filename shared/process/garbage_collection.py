"""Keeps Python's cyclic garbage collector from stopping a service for long."""

import gc
from typing import Final

THRESHOLD: Final = 10_000
"""Objects that are made and kept before the youngest are looked at: some requests' worth, instead of a part of one."""


def spare_what_stays() -> None:
    """To be called once, when all is imported and built: what there is by then stays until the end, and is never looked
    at again. A full collection would walk through all of it, a stop of 60 ms and more every thousand requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, *gc.get_threshold()[1:])
