"""Grasps in the HDF5 layout of ACRONYM, whose grasps MV-TOD carries (DROP-CLIP appendix A.1).

A file is of one object (github.com/NVlabs/acronym, README and loader): `grasps/transforms` (n, 4, 4), n = 2000, poses
of the hand in the object's frame; `grasps/qualities/flex/object_in_gripper` (n,), 1 where the object was still in the
hand after it was shaken in simulation; `object/file` the mesh and `object/scale` what its vertices are multiplied by
to be in metres. The hand is Franka's Panda: its frame has z along the approach and x along the closing direction, as
ours, and lies at the hand's base, from which the tool's marker reaches 112.17 mm to the finger tips. Widths are not
stored; the jaws open to 80 mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from drop_clip_ros.errors import MissingDependencyError, SceneError
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.scenes.grasps import ObjectGrasps

TIP_FROM_BASE = 0.11217  # metres along the approach
OPENING = 0.08
# About the Panda hand's sizes; the marker of ACRONYM's tools puts the fingers' root 66 mm from the base.
PANDA = Gripper(
    opening=OPENING,
    finger_length=TIP_FROM_BASE - 0.066,
    finger_thickness=0.01,
    finger_width=0.02,
    pad_length=0.018,
    palm_length=0.066,
    palm_thickness=0.204,
    palm_width=0.063,
)


@dataclass(frozen=True, eq=False)
class AcronymFile:
    """An object's grasps as ACRONYM stores them.

    Args:
        grasps: all of them, by their tip frames, with a score of 1 where the object was held and 0 where not, in the
            file's order; `held` leaves the failures out. The width is the hand's opening.
        mesh: path of the object's mesh, as written; scale: what its vertices are multiplied by to be in metres.
    """

    grasps: ObjectGrasps
    mesh: str
    scale: float

    @property
    def held(self) -> ObjectGrasps:
        """Those that held the object in simulation."""
        kept = self.grasps.score > 0
        return ObjectGrasps(self.grasps.pose[kept], self.grasps.width[kept], self.grasps.score[kept])


def read_acronym(path: str | Path) -> AcronymFile:
    """Read one object's file.

    Raises:
        MissingDependencyError: without h5py.
        SceneError: no such file, or another layout.
    """
    h5py = _h5py()
    try:
        with h5py.File(path, "r") as file:
            base = np.asarray(file["grasps/transforms"][()], dtype=np.float64)
            held = np.asarray(file["grasps/qualities/flex/object_in_gripper"][()], dtype=np.float64)
            scale, mesh = float(file["object/scale"][()]), file["object/file"][()]
    except FileNotFoundError:
        raise SceneError(f"{path} is missing, wanted an ACRONYM file of one object (.h5)") from None
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise SceneError(f"{path} is not in ACRONYM's layout ({error}), wanted grasps/transforms and so on") from None
    if base.ndim != 3 or base.shape[1:] != (4, 4) or held.shape != (len(base),) or not np.isfinite(base).all():
        raise SceneError(f"{path}: transforms {base.shape}, object_in_gripper {held.shape}; wanted (n, 4, 4) and (n,)")
    rotation = base[:, :3, :3]
    if not np.allclose(rotation @ rotation.transpose(0, 2, 1), np.eye(3), atol=1e-3):
        raise SceneError(f"{path}: a transform is not rigid, wanted rotations and metres")
    pose = base.copy()
    pose[:, :3, 3] += TIP_FROM_BASE * base[:, :3, 2]
    grasps = ObjectGrasps(pose, np.full(len(pose), OPENING), (held > 0).astype(np.float64))
    return AcronymFile(grasps, mesh.decode() if isinstance(mesh, bytes) else str(mesh), scale)


def write_acronym(path: str | Path, grasps: ObjectGrasps, mesh: str, scale: float) -> None:
    """Write grasps in ACRONYM's layout; scores above 0 count as held.

    Args:
        path: of the file; grasps: by their tip frames, object frame; mesh, scale: as in `AcronymFile`.

    Raises:
        MissingDependencyError: without h5py.
    """
    base = grasps.pose.copy()
    base[:, :3, 3] -= TIP_FROM_BASE * base[:, :3, 2]
    with _h5py().File(path, "w") as file:
        file["grasps/transforms"] = base
        file["grasps/qualities/flex/object_in_gripper"] = (grasps.score > 0).astype(np.int64)
        file["object/file"], file["object/scale"] = mesh, scale


def _h5py() -> ModuleType:
    try:
        import h5py
    except ImportError as error:
        raise MissingDependencyError("ACRONYM's files need h5py: pip install h5py") from error
    return h5py
