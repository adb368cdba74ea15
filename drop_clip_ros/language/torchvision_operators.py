"""A guard for importing torchvision beside a torch that it was not built for.

PyPI's torchvision is built for CUDA. Beside a CPU torch its C++ library does not load, and `import torchvision` then
fails with "operator torchvision::nms does not exist", although nothing that CLIP needs is in that library.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

# The definitions last as long as this object.
_library: Any = None


def ensure_torchvision_imports() -> bool:
    """Define the operators that torchvision's Python code expects, where its C++ library does not load.

    Call it before the first import of torchvision, timm, transformers or open_clip.

    Returns:
        True if the operators were defined by this guard, now or earlier.
    """
    global _library
    if _library is not None:
        return True
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations or _native_library_loads(spec.submodule_search_locations):
        return False
    import torch

    if hasattr(torch.ops.torchvision, "nms"):
        return False
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _library = library
    return True


def _native_library_loads(folders: list[str]) -> bool:
    """Whether torchvision's own C++ library loads beside this torch; loading it here is what its import would do."""
    import torch

    for folder in folders:
        for file in sorted([*Path(folder).glob("_C*.so"), *Path(folder).glob("_C*.pyd")]):
            try:
                torch.ops.load_library(str(file))
                return True
            except (OSError, RuntimeError):
                continue
    return False
