"""Where half precision pays."""

from __future__ import annotations

from functools import lru_cache

from drop_clip_ros.errors import ConfigError

PRECISIONS = ("auto", "float32")


@lru_cache(maxsize=1)
def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself: twice as fast there, far slower elsewhere."""
    import torch

    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())


def wants_bfloat16(precision: str, what: str) -> bool:
    """Whether a network on the CPU is to run in bfloat16.

    Args:
        precision: "float32" for no, "auto" where the processor multiplies it itself.
        what: the network, for the error.

    Raises:
        ConfigError: another precision.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f"precision of {what} is {precision!r}, wanted {' or '.join(PRECISIONS)}")
    return precision == "auto" and has_bfloat16()
