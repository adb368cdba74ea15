"""The student at work: points in, one feature vector of the text space for each voxel out."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import BundleError, ConfigError
from drop_clip_ros.student.bundle import Bundle, read_bundle
from drop_clip_ros.student.voxels import InputCoding, VoxelCloud, voxelize


@dataclass(frozen=True)
class EncodedCloud:
    """What the student saw in a cloud.

    Args:
        voxels: the voxels, with the inverse map to the points.
        features: (m, c) float32 unit rows, in the text space after the bundle's mean is subtracted.
        offsets: (m, 3) float32 metres from each voxel to the middle of its object, or None.
        embedding: (m, d) float32, near for voxels of one object and far for those of touching ones, or None.
    """

    voxels: VoxelCloud
    features: np.ndarray
    offsets: np.ndarray | None
    embedding: np.ndarray | None = None

    @property
    def point_features(self) -> np.ndarray:
        """(n, c) features of the points: each takes its voxel's."""
        return self.features[self.voxels.inverse]


class Student:
    """A distilled student, ready to encode; safe to call from several threads.

    Args:
        bundle: as `read_bundle` gives it.
        device: "cpu", "cuda" or "auto".

    Raises:
        BundleError: the weights do not fit the architecture.
        ConfigError: a GPU is asked for and none is there.
    """

    def __init__(self, bundle: Bundle, device: str = "auto") -> None:
        import torch

        from drop_clip_ros.student.network import StudentNetwork

        self.bundle = bundle
        gpu = torch.cuda.is_available()
        chosen = ("cuda" if gpu else "cpu") if device == "auto" else device
        if chosen.startswith("cuda") and not gpu:
            raise ConfigError(f"device is {device}, but torch {torch.__version__} sees no GPU; wanted cpu or auto")
        self.device = torch.device(chosen)
        manifest = bundle.manifest
        try:
            self.coding = InputCoding(**manifest["coding"])
        except TypeError as error:
            raise BundleError(
                f"{bundle.folder}: coding is {manifest['coding']}, wanted center, color, use_xyz"
            ) from error
        architecture, dim = manifest["architecture"], int(manifest["feature_dim"])
        self._network = StudentNetwork(
            architecture,
            self.coding.channels,
            dim,
            bool(manifest["offsets"]),
            embedding_dim=int(manifest.get("embedding_dim", 0)),
        )
        try:
            self._network.load_state_dict(bundle.tensors)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise BundleError(f"{bundle.folder}: weights do not fit {architecture} ({reason})") from error
        self._network.to(self.device).eval()
        self._lock = threading.Lock()

    @classmethod
    def load(cls, name_or_folder: str | Path, device: str = "auto") -> Student:
        """A student from a bundle's name or folder."""
        return cls(read_bundle(name_or_folder), device)

    def encode(self, xyz: np.ndarray, rgb: np.ndarray) -> EncodedCloud:
        """Encode a coloured cloud.

        Args:
            xyz: (n, 3) metres in a table's frame: z up, z = 0 on the support.
            rgb: (n, 3) uint8.

        Raises:
            CloudError: no points, NaN, or points too far away.
        """
        import torch
        from torch.nn import functional

        from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor

        manifest = self.bundle.manifest
        scale = float(manifest["scale"])
        voxels = voxelize(xyz, rgb, float(manifest["voxel_size"]), scale)
        coordinates = np.concatenate([np.zeros((len(voxels), 1), np.int64), voxels.coordinates], axis=1)
        features = self.coding.features(voxels.xyz, voxels.rgb, scale)
        with self._lock, torch.inference_mode():
            pyramid = CoordinatePyramid(torch.as_tensor(coordinates, device=self.device))
            x = SparseTensor(torch.as_tensor(features, device=self.device), pyramid)
            found, offsets, embedding = self._network(x)
            unit = functional.normalize(found, dim=1).cpu().numpy()
        return EncodedCloud(
            voxels,
            unit,
            None if offsets is None else offsets.cpu().numpy() / scale,
            None if embedding is None else embedding.cpu().numpy(),
        )
