"""Engines: what runs a trained student's backbone, by backend and precision.

All backends run the same program (batch norms folded, see `folding`); `PlainEngine` runs the network as it was trained,
which they are compared with.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.student.folding import fold_backbone
from drop_clip_ros.student.network import StudentNetwork

BACKENDS = ("native", "torch", "triton")
PRECISIONS = ("float32", "bfloat16", "int8")
MAX_THREADS = 1024


class Engine(Protocol):
    """A trained backbone, ready to run; one call at a time.

    Attributes:
        backend: one of `BACKENDS`.
        precision: one of `PRECISIONS`.
    """

    @property
    def backend(self) -> str: ...

    @property
    def precision(self) -> str: ...

    def backbone(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Rows of the last layer before the heads.

        Args:
            coordinates: (n, 3) int64 voxels, each once.
            features: (n, c) float32 input features.

        Returns:
            (n, width) float32.

        Raises:
            CloudError: no voxel, or one that comes twice.
        """
        ...


class NativeEngine:
    """The backbone by the native operators on the CPU.

    Args:
        network: trained.
        precision: see `PRECISIONS`.
        threads: that share the work; None takes as many as torch has in the calling thread at that time.
    """

    backend = "native"

    def __init__(self, network: StudentNetwork, precision: str, threads: int | None = None) -> None:
        from drop_clip_ros.sparse.native_network import NativeNetwork

        self.precision = precision
        self._threads = threads
        self.network = NativeNetwork(fold_backbone(network.net3d), precision, threads or 1)

    def backbone(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        import torch

        self.network.threads = self._threads or torch.get_num_threads()
        return self.network(coordinates, features)


class TorchEngine:
    """The backbone by torch alone, on any device.

    Args:
        network: trained.
        precision: "float32" or "bfloat16".
        device: torch's name of it.
    """

    backend = "torch"

    def __init__(self, network: StudentNetwork, precision: str, device: str) -> None:
        from drop_clip_ros.sparse.torch_program import TorchNetwork

        self.precision = precision
        self.network = TorchNetwork(fold_backbone(network.net3d), precision, device)

    def backbone(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self.network(coordinates, features)


class PlainEngine:
    """The network as it was trained, in torch's float32, nothing folded: what the others are compared with."""

    backend, precision = "torch", "float32"

    def __init__(self, network: StudentNetwork) -> None:
        self._network = network.eval()

    def backbone(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        import torch

        from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor

        with torch.inference_mode():
            pyramid = CoordinatePyramid.of_cloud(coordinates, backend="torch")
            return self._network.net3d.backbone(SparseTensor(torch.as_tensor(features), pyramid)).features.numpy()


def load_engine(
    network: StudentNetwork,
    device: str = "cpu",
    precision: str = "auto",
    threads: int | None = None,
    backend: str = "auto",
) -> Engine:
    """The engine for a network on a device.

    Args:
        network: trained.
        device: "cpu", "cuda" or "cuda:N".
        precision: "auto" (bfloat16 where the processor multiplies it, float32 else), "float32", "bfloat16" or "int8".
        threads: of the native backend; None takes as many as torch has in the calling thread.
        backend: "auto" (native where it was built, torch else; triton on a GPU), "native", "torch" or "triton".

    Raises:
        ConfigError: an unknown name, or a combination that this machine does not have.
    """
    for value, known, what in ((precision, PRECISIONS, "precision"), (backend, BACKENDS, "backend")):
        if value not in ("auto", *known):
            raise ConfigError(f"{what} is {value!r}, wanted auto, {', '.join(known)}")
    if threads is not None and not 1 <= threads <= MAX_THREADS:
        raise ConfigError(f"threads is {threads}, wanted 1 to {MAX_THREADS}")
    if device.startswith("cuda"):
        return _on_gpu(network, device, precision, backend)
    return _on_cpu(network, precision, threads, backend)


def _on_cpu(network: StudentNetwork, precision: str, threads: int | None, backend: str) -> Engine:
    from drop_clip_ros.sparse.native_library import native_precisions

    native = native_precisions()
    if backend == "triton":
        raise ConfigError("backend is triton on the CPU, wanted native or torch there")
    if backend == "native" and not native:
        raise ConfigError(
            "backend is native, but the native operators are not built: install with a C++ compiler, or take torch"
        )
    if backend == "native" or (backend == "auto" and (precision in native or (precision == "auto" and native))):
        chosen = precision if precision != "auto" else "bfloat16" if "bfloat16" in native else "float32"
        return NativeEngine(network, chosen, threads)
    if precision == "int8":
        raise ConfigError("precision is int8, which needs the native operators and a processor with VNNI and bfloat16")
    return TorchEngine(network, "float32" if precision == "auto" else precision, "cpu")


def _on_gpu(network: StudentNetwork, device: str, precision: str, backend: str) -> Engine:
    if backend == "native" or precision == "int8":
        raise ConfigError(f"backend is {backend} and precision {precision} on {device}, wanted triton or torch there")
    from drop_clip_ros.student.cuda_engine import load_cuda_engine

    return load_cuda_engine(network, precision, device, backend)
