"""Python's search for garbage, kept from the thousands of objects that stay for a process's life."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """What is made inside, modules and models, lasts: it is not searched for garbage now, nor ever after.

    torch alone brings 160,000 objects. A search through them stops the whole process for 0.15 s, ten times while they
    are imported, every now and then when frames are answered, and twice when the interpreter ends. Reference counts
    still free what nothing refers to; `release` lets cycles be found again.
    """
    was_searching = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_searching:
            gc.enable()


def settle() -> None:
    """What is there now lasts, too, but for the garbage among it."""
    gc.collect()
    gc.freeze()


def release() -> None:
    """Search everything once, what was made to last too."""
    gc.unfreeze()
    gc.collect()
