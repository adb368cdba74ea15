"""The native operators: found and loaded if they were built, silently absent if not."""

from __future__ import annotations

import ctypes
import os
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

PRECISIONS = {"float32": 0, "bfloat16": 1, "int8": 2}
_STEM = "_operators"
VERSION = 3  # of the functions and their arguments; see sparse_version in network.cpp


class LayerSpec(ctypes.Structure):
    """A layer as `network.cpp` reads it."""

    _fields_ = tuple(
        (name, ctypes.c_int32)
        for name in (
            "map",
            "level",
            "source",
            "source_channel",
            "target",
            "target_channel",
            "residual",
            "residual_channel",
            "relu",
            "offsets",
            "in_channels",
            "out_channels",
            "precision",
        )
    )


class BufferSpec(ctypes.Structure):
    """A buffer as `network.cpp` reads it."""

    _fields_ = (("level", ctypes.c_int32), ("channels", ctypes.c_int32))


def library_path() -> Path | None:
    """Where the built operators lie, or None."""
    folder = Path(__file__).parent / "native"
    for suffix in EXTENSION_SUFFIXES:
        if (folder / f"{_STEM}{suffix}").is_file():
            return folder / f"{_STEM}{suffix}"
    return None


@lru_cache(maxsize=1)
def native_library() -> ctypes.CDLL | None:
    """The operators, or None where they were not built, cannot be loaded, or DROP_CLIP_NATIVE=0 forbids them."""
    path = library_path()
    if path is None or os.environ.get("DROP_CLIP_NATIVE") == "0":
        return None
    try:
        library = ctypes.CDLL(str(path))
        if library.sparse_version() != VERSION:
            return None
        _declare(library)
    except (OSError, AttributeError):  # built for another system, or before there were versions
        return None
    return library


def _declare(library: ctypes.CDLL) -> None:
    pointer, int32, int64 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64
    library.sparse_has.argtypes, library.sparse_has.restype = [int32], int32
    library.sparse_network_new.argtypes = [pointer, pointer, pointer, int32, pointer, int32, int32, int32]
    library.sparse_network_new.restype = pointer
    library.sparse_network_set_threads.argtypes, library.sparse_network_set_threads.restype = [pointer, int32], int32
    library.sparse_network_delete.argtypes, library.sparse_network_delete.restype = [pointer], None
    library.sparse_network_run.argtypes = [pointer, pointer, int64, pointer, int32, pointer, pointer]
    library.sparse_network_run.restype = int32
    library.sparse_network_pairs.argtypes, library.sparse_network_pairs.restype = [pointer, pointer], None
    library.sparse_voxelize.argtypes = [pointer, pointer, int64, ctypes.c_double, *[pointer] * 5]
    library.sparse_voxelize.restype = int64
    library.sparse_workshop_new.argtypes, library.sparse_workshop_new.restype = [int32], pointer
    library.sparse_workshop_delete.argtypes, library.sparse_workshop_delete.restype = [pointer], None
    library.sparse_kernel_map.argtypes = [pointer, pointer, int64, pointer, int64, int32, int64, *[pointer] * 3]
    library.sparse_kernel_map.restype = int64
    library.sparse_pairs_new.argtypes = [pointer, pointer, pointer, int32, int64, int64]
    library.sparse_pairs_new.restype = pointer
    library.sparse_pairs_delete.argtypes, library.sparse_pairs_delete.restype = [pointer], None
    library.sparse_multiply.argtypes = [pointer] * 4 + [int32] * 4 + [pointer]
    library.sparse_multiply.restype = int32
    library.sparse_kernel_gradient.argtypes = [pointer] * 4 + [int32, pointer, pointer, int32, int32, int32, pointer]
    library.sparse_kernel_gradient.restype = int32


def native_precisions() -> tuple[str, ...]:
    """Precisions that the operators and this processor have; none without operators."""
    library = native_library()
    if library is None:
        return ()
    has = [name for name, number in PRECISIONS.items() if library.sparse_has(number)]
    # Networks in 8 bits keep what lies between their layers in bfloat16; some processors have VNNI alone.
    return tuple(name for name in has if name != "int8" or "bfloat16" in has)
