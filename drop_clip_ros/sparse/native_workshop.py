"""What the native operators keep between calls: threads and room."""

from __future__ import annotations

import os
import weakref
from functools import lru_cache
from typing import Any

import torch

from drop_clip_ros.sparse.native_library import native_library


class Handle:
    """Something of the library's, given back when nobody holds it."""

    def __init__(self, handle: Any, delete: Any) -> None:
        if not handle:
            raise MemoryError("the native operators are out of memory, wanted a smaller batch")
        self.handle = handle
        weakref.finalize(self, delete, handle)

    def __reduce__(self) -> Any:
        raise TypeError("what lies in the native library's memory cannot be copied or pickled")


def workshop() -> Handle:
    """As many threads as torch has, and their room."""
    return _workshop(torch.get_num_threads(), os.getpid())


@lru_cache(maxsize=4)
def _workshop(threads: int, process: int) -> Handle:
    """Of this process alone, since threads do not survive a fork."""
    library: Any = native_library()
    return Handle(library.sparse_workshop_new(threads), library.sparse_workshop_delete)
