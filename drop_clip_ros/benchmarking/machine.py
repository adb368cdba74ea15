"""What a figure was measured on: without it no figure can be compared with another."""

from __future__ import annotations

import datetime
import os
import platform
from typing import Any

from drop_clip_ros import __version__

# Instruction sets that decide which precision pays, by the names of /proc/cpuinfo.
_TELLING_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


def describe_machine(device: str = "cpu", threads: int | None = None) -> dict[str, Any]:
    """Processor, cores, memory, threads, versions, native operators, GPU, load and date.

    Args:
        device: "cpu" or "cuda": that the figures are of.
        threads: that were used; torch's present number when absent.
    """
    import numpy
    import torch

    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "device": device,
        "processor": processor_name(),
        "instructions": [flag for flag in _TELLING_FLAGS if flag in _processor_flags()],
        "cores": usable_cores(),
        "threads": threads or torch.get_num_threads(),
        "memory_gb": _memory_gb(),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "drop_clip_ros": __version__,
        "native_operators": native_operators(),
        "gpu": _gpu(),
    }


def machine_lines(machine: dict[str, Any]) -> list[str]:
    """The description in two lines for the terminal."""
    gpu = machine["gpu"]
    card = f"{gpu['name']} (CUDA {gpu['cuda']})" if gpu else "no GPU"
    flags = " ".join(machine["instructions"])
    return [
        f"{machine['processor']} ({flags}), {machine['cores']} cores, {machine['threads']} threads, "
        f"{machine['memory_gb']} GB, {card}; load {machine['load']} before",
        f"{machine['date']}, {machine['system']}, Python {machine['python']}, torch {machine['torch']}, "
        f"numpy {machine['numpy']}, drop_clip_ros {machine['drop_clip_ros']}, "
        f"native operators: {machine['native_operators']}",
    ]


def processor_name() -> str:
    """The processor's name, where Linux tells it."""
    return _processor_field("model name") or platform.processor() or platform.machine()


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor_flags() -> frozenset[str]:
    return frozenset(_processor_field("flags").split())


def _processor_field(name: str) -> str:
    """The first line of that name in /proc/cpuinfo; empty where there is none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.split(":")[0].strip() == name)
    except (OSError, StopIteration):
        return ""


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError):
        return None


def native_operators() -> str:
    """The precisions of the compiled operators on this processor; "absent" where they were not built."""
    from drop_clip_ros.sparse.native_library import native_precisions

    return ", ".join(native_precisions()) or "absent"


def _gpu() -> dict[str, Any] | None:
    import torch

    if not torch.cuda.is_available():
        return None
    properties = torch.cuda.get_device_properties(0)
    return {
        "name": properties.name,
        "memory_gb": round(properties.total_memory / 2**30, 1),
        "multiprocessors": properties.multi_processor_count,
        "cuda": torch.version.cuda,
    }
