"""The backbone on a GPU: Triton kernels in CUDA graphs, and plain torch where they do not prove themselves."""

from __future__ import annotations

import warnings

import numpy as np

from drop_clip_ros.sparse.backends import is_installed
from drop_clip_ros.student.engine import Engine, TorchEngine
from drop_clip_ros.student.folding import fold_backbone
from drop_clip_ros.student.network import StudentNetwork

PROOF_VOXELS = 600
TOLERANCE = {"float32": 1e-2, "bfloat16": 0.1}  # of the error over the answer, both as norms; TF32 is allowed


class CudaEngine:
    """The backbone by Triton kernels.

    The first run of a size records its CUDA graphs; the first on a machine compiles the kernels, which Triton's cache
    (~/.triton) keeps.

    Args:
        network: trained.
        precision: "bfloat16" or "float32".
        device: torch's name of it; "cpu" only in Triton's interpreter.
        options: of `TritonNetwork`.
    """

    backend = "triton"

    def __init__(
        self, network: StudentNetwork, precision: str = "bfloat16", device: str = "cuda", **options: int
    ) -> None:
        from drop_clip_ros.sparse.triton_network import TritonNetwork

        self.precision = precision
        self.network = TritonNetwork(fold_backbone(network.net3d), precision, device, **options)

    def backbone(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self.network(coordinates, features)


def load_cuda_engine(
    network: StudentNetwork, precision: str = "auto", device: str = "cuda", backend: str = "auto"
) -> Engine:
    """The engine for a network on a GPU.

    Args:
        network: trained.
        precision: "auto" (bfloat16), "float32" or "bfloat16".
        device: torch's name of the GPU.
        backend: "triton", "torch", or "auto": Triton where it is installed and answers a small cloud as torch does.

    Raises:
        MissingDependencyError: Triton is asked for and not installed.
    """
    chosen = "bfloat16" if precision == "auto" else precision
    if backend == "torch" or (backend == "auto" and not is_installed("triton")):
        return TorchEngine(network, chosen, device)
    if backend == "triton":
        from drop_clip_ros.sparse.backends import backend as registered

        registered("triton")  # or says that it is missing
        return CudaEngine(network, chosen, device)
    plain = TorchEngine(network, chosen, device)
    try:
        engine = CudaEngine(network, chosen, device)
        error = relative_difference(engine, plain, network.net3d.in_channels)
        reason = f"answer otherwise than torch (by {error:.2g}, wanted at most {TOLERANCE[chosen]})"
    except Exception as failure:  # a compiler, a driver, a GPU without what the kernels need: all have their own types
        error, reason = np.inf, f"fail ({str(failure).splitlines()[0] if str(failure) else type(failure).__name__})"
    if not error <= TOLERANCE[chosen]:  # NaN neither
        warnings.warn(f"the Triton kernels {reason} on {device}; torch takes their place, slower", stacklevel=2)
        return plain
    return engine


def relative_difference(engine: Engine, plain: Engine, in_channels: int) -> float:
    """Norm of what two engines of one network differ by over the norm of the second's rows, on a small cloud."""
    rng = np.random.default_rng(0)
    voxels = rng.permutation(np.unique(rng.integers(0, (24, 24, 3), (PROOF_VOXELS, 3)), axis=0))
    features = rng.uniform(-1, 1, (len(voxels), in_channels)).astype(np.float32)
    found, wanted = engine.backbone(voxels, features), plain.backbone(voxels, features)
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
