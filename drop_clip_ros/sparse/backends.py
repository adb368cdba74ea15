"""Who multiplies: one registry of the implementations of sparse convolution, swapped by a name.

A backend multiplies features by a kernel along a kernel map and gives both gradients. `torch` is plain torch and works
everywhere; `native` is C++ for the CPU; `triton` is for CUDA. Backends are imported when asked for; "auto" takes
the fastest that the device and the installation allow. MinkowskiEngine is none of them: it convolves along maps of its
own alone. Whole networks of it are a peer of the benchmarks.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from functools import cache
from typing import Protocol

import torch
from torch import Tensor

from drop_clip_ros.errors import ConfigError, MissingDependencyError
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.native_library import native_precisions


class Backend(Protocol):
    """The three products of a sparse convolution; none of them is recorded for gradients.

    Attributes:
        name: its name in the registry.
        wide_products: leave few input channels under many offsets to one wide matrix product of torch (see
            `sparse.functional`).
    """

    name: str
    wide_products: bool

    def multiply(self, features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        """out[o] = sum over pairs (i, o, k) of features[i] @ kernel[k].

        Args:
            features: (n_in, c_in).
            kernel: (K, c_in, c_out) of the features' type.
            pairs: the kernel map.

        Returns:
            (n_out, c_out) of the features' type.
        """
        ...

    def features_gradient(self, grad: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        """(n_in, c_in): sum over pairs (i, o, k) of grad[o] @ kernel[k]^T."""
        ...

    def kernel_gradient(self, features: Tensor, grad: Tensor, pairs: KernelMap) -> Tensor:
        """(K, c_in, c_out): sum over pairs (i, o, k) of the outer product of features[i] and grad[o]."""
        ...


# Name to (module, class, what it needs, how to get that).
_BACKENDS: dict[str, tuple[str, str, str | None, str]] = {
    "torch": ("drop_clip_ros.sparse.torch_backend", "TorchBackend", None, ""),
    "native": (
        "drop_clip_ros.sparse.native_backend",
        "NativeBackend",
        "the native operators",
        "pip install -e . on a machine with a C++ compiler builds it",
    ),
    "triton": ("drop_clip_ros.sparse.triton_backend", "TritonBackend", "triton", "pip install triton"),
}
_AUTO = {"cuda": ("triton", "torch"), "cpu": ("native", "torch")}


@cache
def is_installed(name: str) -> bool:
    """Whether a backend's package can be imported here; says nothing of the device."""
    if name == "native":  # a library of ours: built, and for this processor
        return bool(native_precisions())
    needs = _BACKENDS[name][2] if name in _BACKENDS else name
    try:
        return needs is None or importlib.util.find_spec(needs) is not None
    except (ImportError, ValueError):
        return False


@cache
def backend(name: str) -> Backend:
    """The backend of a name.

    Raises:
        ConfigError: an unknown name (the message lists the known ones).
        MissingDependencyError: its package is not installed; the message says how to get it.
    """
    if name not in _BACKENDS:
        raise ConfigError(f"backend is {name!r}, wanted auto, {', '.join(_BACKENDS)}")
    module, kind, needs, how = _BACKENDS[name]
    if not is_installed(name):
        raise MissingDependencyError(f"backend {name!r} needs {needs}, which is not installed: {how}")
    return getattr(importlib.import_module(module), kind)()


def backend_for(device: torch.device, name: str = "auto") -> Backend:
    """The named backend, or for "auto" the fastest that is installed for tensors on `device`.

    Triton's kernels are compiled for the very GPU, and so have to prove themselves there before they are taken.
    """
    if name != "auto":
        return backend(name)
    choices = _AUTO.get(device.type, ("torch",))
    return backend(next(choice for choice in choices if is_installed(choice) and _is_proved(choice, device)))


@cache
def _is_proved(name: str, device: torch.device) -> bool:
    if name != "triton":
        return True
    reason = importlib.import_module("drop_clip_ros.sparse.triton_proof").what_is_wrong(backend("triton"), device)
    if reason:
        warnings.warn(f"the Triton kernels {reason} on {device}; torch takes their place, slower", stacklevel=2)
    return not reason
