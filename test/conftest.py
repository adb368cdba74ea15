"""Settings of the middleware for all tests; and frames of a table with boxes, ray-cast so that every pixel is known."""

from __future__ import annotations

import importlib
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.cloud import PointCloud
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.support import SupportPlane
from drop_clip_ros.geometry.tabletop import TabletopCloud
from drop_clip_ros.geometry.warp import SurfaceWarp
from drop_clip_ros.grounding.segmentation import Instance

# Fast DDS reads its profile once in a process, when the first test needs it: the one that is shipped, and only this
# machine is talked to.
PROFILE = Path(__file__).resolve().parents[1] / "config" / "fastdds_large_messages.xml"
os.environ["FASTDDS_DEFAULT_PROFILES_FILE"] = str(PROFILE)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
# A shell that runs the tests in the background has Ctrl-C ignored, and so would the processes that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

FLOOR, TABLE = -1, 0


@dataclass
class TableScene:
    """A table top at z = 0 over a floor at z = -0.7, boxes on it, and a camera that looks at its middle.

    Boxes are (centre, size) of metres in the world frame; box i has label i + 1 in `labels`.
    """

    boxes: list = field(default_factory=list)
    table_size: tuple[float, float] = (1.0, 0.8)
    distance: float = 1.0
    elevation: float = 45.0
    noise: float = 0.0
    warp: float = 0.0
    width: int = 320
    height: int = 240
    labels: np.ndarray = field(init=False)
    frame: RGBDFrame = field(init=False)

    def __post_init__(self) -> None:
        camera = PinholeCamera(
            fx=280.0, fy=280.0, cx=self.width / 2, cy=self.height / 2, width=self.width, height=self.height
        )
        pose = self.pose()
        rays = camera.back_project(np.ones((self.height, self.width), dtype=np.float32)).astype(float)
        directions, eye = rays @ pose[:3, :3].T, pose[:3, 3]
        depth = np.full(rays.shape[:2], np.inf)
        self.labels = np.full(rays.shape[:2], FLOOR)
        table = ((0.0, 0.0, -0.01), (*self.table_size, 0.02))
        for label, (centre, size) in enumerate([((0, 0, -0.8), (8, 8, 0.2)), table, *self.boxes], start=FLOOR):
            hit = _hit_box(eye, directions, np.array(centre), np.array(size))
            closer = hit < depth
            depth[closer], self.labels[closer] = hit[closer], label
        generator = np.random.default_rng(0)
        depth += self.noise * generator.standard_normal(depth.shape)
        depth += self.warp * (rays[..., 0] ** 2 + rays[..., 1] ** 2)
        colors = np.array([[90, 90, 90], [120, 90, 60], *([200, 40 * i % 256, 30] for i in range(len(self.boxes)))])
        self.frame = RGBDFrame(
            color=colors[self.labels - FLOOR].astype(np.uint8),
            depth=np.where(np.isfinite(depth), depth, np.nan).astype(np.float32),
            camera=camera,
        )

    def pose(self) -> np.ndarray:
        """World from optical frame."""
        angle = np.radians(self.elevation)
        forward = np.array([0.0, np.cos(angle), -np.sin(angle)])
        right = np.array([1.0, 0.0, 0.0])
        pose = np.eye(4)
        pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
        pose[:3, 3] = -self.distance * forward
        return pose

    def kept_share(self, cloud, label: int) -> float:
        """Share of a label's pixels that a tabletop cloud has."""
        return float(cloud.mask()[self.labels == label].mean())


def _hit_box(eye: np.ndarray, directions: np.ndarray, centre: np.ndarray, size: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (centre - size / 2 - eye) / directions, (centre + size / 2 - eye) / directions
    enter, leave = np.minimum(first, second).max(axis=-1), np.maximum(first, second).min(axis=-1)
    return np.where((enter <= leave) & (enter > 0), enter, np.inf)


@pytest.fixture(scope="session")
def triton_device():
    """Where Triton kernels run: a GPU, or else the CPU, with Triton's interpreter in place of its compiler."""
    pytest.importorskip("triton", reason="triton is not installed: pip install triton (Linux only)")
    torch = importlib.import_module("torch")
    if torch.cuda.is_available():
        return torch.device("cuda")
    with pytest.MonkeyPatch.context() as patch:  # read when the kernels are defined; nothing else shall see it
        patch.setenv("TRITON_INTERPRET", "1")
        kernels = importlib.import_module("drop_clip_ros.sparse.triton_kernels")
    if not kernels.INTERPRETED:
        pytest.skip("the Triton kernels were imported before, for a compiler that finds no GPU here")
    return torch.device("cpu")


@pytest.fixture(scope="session")
def table_scene():
    """The class, to be called with what a test needs."""
    return TableScene


@pytest.fixture(scope="session")
def instance_of():
    """What makes an instance of points (`PointCloud`, frame size, support's unit normal): all there is on its table."""

    def make(points: PointCloud, frame_size: tuple[int, int], normal: tuple[float, float, float]) -> Instance:
        flat, outline = SurfaceWarp(np.zeros(2), np.zeros(6), 0.0), np.zeros((0, 2))
        plane = SupportPlane(np.array(normal), 0.0, np.eye(4), outline, flat, np.array([[1.0, 0.002]]))
        heights = np.zeros(len(points), np.float32)
        return Instance(TabletopCloud(points, heights, plane, frame_size), np.arange(len(points)))

    return make


@pytest.fixture(scope="session")
def boxes():
    """Two boxes, 8 and 6 cm wide, 25 cm apart on a table."""
    return TableScene(boxes=[((-0.15, 0.0, 0.05), (0.08, 0.08, 0.1)), ((0.1, 0.05, 0.03), (0.06, 0.1, 0.06))])


@pytest.fixture(scope="session")
def write_bag():
    """Writes a rosbag2: `write_bag(path, "sqlite3" or "mcap", [(topic, type, nanoseconds, serialised data), ...])`."""
    rosbag2 = pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
    from rosbags.typesys import Stores, get_typestore

    types = get_typestore(Stores.ROS2_HUMBLE)

    def write(path, storage, messages):
        plugin = rosbag2.StoragePlugin[storage.upper()]
        with rosbag2.Writer(path, version=9, storage_plugin=plugin) as writer:
            topics = {topic: kind for topic, kind, _, _ in messages}
            opened = {topic: writer.add_connection(topic, kind, typestore=types) for topic, kind in topics.items()}
            for topic, _, time, data in messages:
                writer.write(opened[topic], time, data)
        return path

    return write
