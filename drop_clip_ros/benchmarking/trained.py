"""A trained bundle and a real frame for the engines: random weights say nothing of precision."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.benchmarking.contestants import Cloud
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.tabletop import strip_table
from drop_clip_ros.student.bundle import Bundle
from drop_clip_ros.student.network import StudentNetwork
from drop_clip_ros.student.voxels import InputCoding, voxelize


def trained_network(bundle: Bundle) -> StudentNetwork:
    """The network of a bundle with its weights, on the CPU."""
    manifest = bundle.manifest
    network = StudentNetwork(
        manifest["architecture"],
        InputCoding(**manifest["coding"]).channels,
        int(manifest["feature_dim"]),
        bool(manifest["offsets"]),
        embedding_dim=int(manifest.get("embedding_dim", 0)),
    )
    network.load_state_dict(bundle.tensors)
    return network.eval()


def frame_cloud(frame: RGBDFrame, bundle: Bundle, source: str) -> Cloud:
    """The voxels above the table of a frame, coded as a bundle's student wants them.

    Args:
        frame: see there.
        bundle: whose voxel size, scale and coding are taken.
        source: what the frame is, for the reader.

    Raises:
        SupportError: no table, or nothing on it.
    """
    manifest = bundle.manifest
    tabletop = strip_table(frame)
    xyz = tabletop.plane.to_table(tabletop.points.xyz)
    xyz[:, 2] = tabletop.heights
    scale = float(manifest["scale"])
    voxels = voxelize(xyz, tabletop.points.rgb, float(manifest["voxel_size"]), scale)
    features = InputCoding(**manifest["coding"]).features(voxels.xyz, voxels.rgb, scale)
    return Cloud(np.asarray(voxels.coordinates), features, source)
