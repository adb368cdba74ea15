"""Language-guided segmentation of tabletop objects in one RGB-D frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drop_clip_ros.geometry.frame import RGBDFrame as RGBDFrame
    from drop_clip_ros.pipeline import Segmenter as Segmenter

__version__ = "0.1.0"
__all__ = ["RGBDFrame", "Segmenter"]


def __getattr__(name: str) -> Any:
    # Lazily, so that `drop-clip --help` does not import torch.
    if name == "Segmenter":
        from drop_clip_ros.pipeline import Segmenter

        return Segmenter
    if name == "RGBDFrame":
        from drop_clip_ros.geometry.frame import RGBDFrame

        return RGBDFrame
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
