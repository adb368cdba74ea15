"""The student at work: points in, one feature vector of the text space for each voxel out."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cached_property
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
        compact: (m, r) float32 unit rows: the features in the r dimensions that the student's last layer spans.
        offsets: (m, 3) float32 metres from each voxel to the middle of its object, or None.
        embedding: (m, d) float32, near for voxels of one object and far for those of touching ones, or None.
        basis: (c, r) float32 with orthonormal columns, by which compact rows become features of the text space (after
            the bundle's mean is subtracted); None where they are features already.
    """

    voxels: VoxelCloud
    compact: np.ndarray
    offsets: np.ndarray | None
    embedding: np.ndarray | None = None
    basis: np.ndarray | None = None

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """(k, r) of (k, c) vectors of the text space: their products with compact rows are those with the features."""
        return vectors if self.basis is None else vectors @ self.basis

    def expand(self, compact: np.ndarray) -> np.ndarray:
        """(k, c) features of (k, r) compact rows, or of sums of such rows."""
        return compact if self.basis is None else compact @ self.basis.T

    @cached_property
    def features(self) -> np.ndarray:
        """(m, c) float32 unit rows, made when first asked for; cosines are cheaper by `project`."""
        return self.expand(self.compact)

    @property
    def point_features(self) -> np.ndarray:
        """(n, c) features of the points: each takes its voxel's."""
        return self.features[self.voxels.inverse]


@dataclass(frozen=True)
class EngineConfig:
    """How a student's backbone is run.

    Args:
        precision: "auto", "float32", "bfloat16" or "int8".
        threads: of the native backend; None takes as many as torch has in the calling thread.
        backend: "auto", "native", "torch" or "triton".
    """

    precision: str = "auto"
    threads: int | None = None
    backend: str = "auto"


class Student:
    """A distilled student, ready to encode; safe to call from several threads.

    Args:
        bundle: as `read_bundle` gives it.
        device: "cpu", "cuda" or "auto".
        engine: how the backbone is run; what suits the machine when absent.

    Raises:
        BundleError: the weights do not fit the architecture.
        ConfigError: a GPU is asked for and none is there, or an engine that this machine does not have.
    """

    def __init__(self, bundle: Bundle, device: str = "auto", engine: EngineConfig | None = None) -> None:
        import torch

        from drop_clip_ros.student.engine import load_engine
        from drop_clip_ros.student.heads import Heads
        from drop_clip_ros.student.network import StudentNetwork

        # Without the tensors, which the engine keeps in a form of its own.
        self.bundle = replace(bundle, tensors={})
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
        network = StudentNetwork(
            architecture,
            self.coding.channels,
            dim,
            bool(manifest["offsets"]),
            embedding_dim=int(manifest.get("embedding_dim", 0)),
        )
        try:
            network.load_state_dict(bundle.tensors, assign=True)  # instead of copying
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise BundleError(f"{bundle.folder}: weights do not fit {architecture} ({reason})") from error
        self._heads = Heads(network)
        engine = engine or EngineConfig()
        self.engine = load_engine(network, str(self.device), engine.precision, engine.threads, engine.backend)
        self._lock = threading.Lock()

    @classmethod
    def load(cls, name_or_folder: str | Path, device: str = "auto", engine: EngineConfig | None = None) -> Student:
        """A student from a bundle's name or folder."""
        return cls(read_bundle(name_or_folder), device, engine)

    def encode(self, xyz: np.ndarray, rgb: np.ndarray) -> EncodedCloud:
        """Encode a coloured cloud.

        Args:
            xyz: (n, 3) metres in a table's frame: z up, z = 0 on the support.
            rgb: (n, 3) uint8.

        Raises:
            CloudError: no points, NaN, or points too far away.
        """
        manifest = self.bundle.manifest
        scale = float(manifest["scale"])
        voxels = voxelize(xyz, rgb, float(manifest["voxel_size"]), scale)
        features = self.coding.features(voxels.xyz, voxels.rgb, scale)
        with self._lock:
            rows = self.engine.backbone(voxels.coordinates, features)
        answers = self._heads(rows)
        offsets = None if answers.offsets is None else answers.offsets / scale
        return EncodedCloud(voxels, answers.compact, offsets, answers.embedding, self._heads.basis)
