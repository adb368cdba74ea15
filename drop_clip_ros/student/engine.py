"""Engines: what runs a trained student's backbone, by backend and precision."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from drop_clip_ros.student.network import StudentNetwork


class Engine(Protocol):
    """A trained backbone, ready to run; one call at a time."""

    backend: str
    precision: str

    def backbone(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Rows of the last layer before the heads.

        Args:
            coordinates: (n, 3) int64 voxels, each once.
            features: (n, c) float32 input features.

        Returns:
            (n, width) float32.
        """
        ...


class PlainEngine:
    """The network as it was trained: torch's float32, batch norm and all. What the others are compared with."""

    backend, precision = "torch", "float32"

    def __init__(self, network: StudentNetwork, device: str = "cpu") -> None:
        self._network, self._device = network.to(device).eval(), device

    def backbone(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        import torch

        from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor

        with torch.inference_mode():
            batch = torch.zeros(len(coordinates), 1, dtype=torch.int64)
            voxels = torch.cat([batch, torch.as_tensor(coordinates)], dim=1).to(self._device)
            x = SparseTensor(torch.as_tensor(features, device=self._device), CoordinatePyramid(voxels))
            return self._network.net3d.backbone(x).features.float().cpu().numpy()


def load_engine(
    network: StudentNetwork,
    device: str = "cpu",
    precision: str = "auto",
    threads: int | None = None,
    backend: str = "auto",
) -> Engine:
    """The engine for a network on a device.

    Args:
        network: trained; the engine may keep it.
        device: "cpu" or "cuda".
        precision: "auto", "float32", "bfloat16" or "int8".
        threads: of the engine; None leaves the choice to it.
        backend: "auto", "torch", "native" or "triton".
    """
    return PlainEngine(network, device)
