"""Shapes with known surfaces on a table at z = 0, as one view sees them, and what a gripper does to them exactly."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.scenes.viewpoints import look_at

# Signed distance functions of points (n, 3) in metres.


def ball(centre, radius):
    return lambda p: np.linalg.norm(p - centre, axis=1) - radius


def block(centre, size):
    def distance(p):
        q = np.abs(p - centre) - np.asarray(size) / 2
        return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(axis=1), 0)

    return distance


def can(x, y, radius, height):
    def distance(p):
        side = np.hypot(p[:, 0] - x, p[:, 1] - y) - radius
        end = np.abs(p[:, 2] - height / 2) - height / 2
        outside = np.hypot(np.maximum(side, 0), np.maximum(end, 0))
        return outside + np.minimum(np.maximum(side, end), 0)

    return distance


def cup(x, y, radius, height, wall):
    outer, inner = can(x, y, radius, height), can(x, y, radius - wall, 2 * height)
    return lambda p: np.maximum(outer(p), -inner(p - [0, 0, wall]))


def normals_of(shape, points):
    """(n, 3) unit gradients of a signed distance function."""
    step = 1e-5
    gradient = [shape(points + step * axis) - shape(points - step * axis) for axis in np.eye(3)]
    gradient = np.stack(gradient, axis=1)
    return gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-12)


class AnalyticScene:
    """Shapes on a table, the first of them the target, seen by a camera.

    Args:
        shapes: signed distance functions.
        eye: the camera's place; it looks at `middle`.
        noise: standard deviation of the depth, metres.
    """

    def __init__(self, *shapes, eye=(0.1, -0.5, 0.5), middle=(0, 0, 0.04), noise=0.001, size=(320, 240)):
        self.shapes, self.eye = shapes, np.asarray(eye, dtype=float)
        pose = look_at(self.eye, np.asarray(middle, dtype=float))
        width, height = size
        columns, rows = np.meshgrid((np.arange(width) - width / 2) / width, (np.arange(height) - height / 2) / width)
        rays = np.stack([columns, rows, np.ones_like(rows)], axis=-1).reshape(-1, 3) @ pose[:3, :3].T
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        travelled = np.full(len(rays), 0.1)
        for _ in range(70):  # sphere tracing
            travelled += self._nearest(self.eye + travelled[:, None] * rays)
        hit = self.eye + travelled[:, None] * rays
        owner = np.argmin([*(np.abs(shape(hit)) for shape in shapes), np.abs(hit[:, 2])], axis=0)
        there = (self._nearest(hit) < 1e-3) & (np.abs(hit[:, :2]) < 0.5).all(axis=1)
        seen = hit + np.random.default_rng(0).normal(scale=noise, size=len(hit))[:, None] * rays
        self.target, self.surroundings = seen[there & (owner == 0)], seen[there & (owner != 0)]
        self.view = (np.asarray(middle) - self.eye) / np.linalg.norm(np.asarray(middle) - self.eye)

    def _nearest(self, points):
        return np.minimum.reduce([*(shape(points) for shape in self.shapes), points[:, 2]])

    def touches(self, grasp: Grasp, gripper: Gripper, gap: float, slack: float = 0.003) -> bool:
        """Whether the gripper, its jaws opened to `gap`, goes into a shape or the table by more than `slack`."""
        grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 9)] * 3), axis=-1).reshape(-1, 3)
        local = np.concatenate([low + grid * (high - low) for low, high in gripper.boxes(gap)])
        return bool(self._nearest(local @ grasp.pose[:3, :3].T + grasp.tip).min() < -slack)

    def contacts(self, grasp: Grasp, gripper: Gripper, gap: float):
        """Where the target first meets each finger as it closes: two arrays (k, 3); None where one meets nothing."""
        x = np.linspace(-gap / 2, gap / 2, 400)
        y, z = np.linspace(-0.5, 0.5, 9) * gripper.finger_width, np.linspace(-gripper.pad_length, 0, 16)
        local = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1)
        inside = self.shapes[0](local.reshape(-1, 3) @ grasp.pose[:3, :3].T + grasp.tip).reshape(local.shape[:3]) < 0
        ends = []
        for turned, places in ((inside, local), (inside[::-1], local[::-1])):
            first = np.where(turned.any(axis=0), turned.argmax(axis=0), 10**6)
            touched = first <= first.min() + int(0.002 / (x[1] - x[0]))
            if first.min() == 10**6:
                return None
            j, k = np.nonzero(touched)
            ends.append(places[first[j, k], j, k] @ grasp.pose[:3, :3].T + grasp.tip)
        return ends

    def slopes(self, grasp: Grasp, contacts) -> list[float]:
        """Degrees between the closing direction and the true normal, at each contact."""
        cosine = [np.abs(normals_of(self.shapes[0], points) @ grasp.closing).max() for points in contacts]
        return [float(np.degrees(np.arccos(min(1.0, c)))) for c in cosine]

    @staticmethod
    def width(grasp: Grasp, contacts) -> float:
        """Metres between the contacts along the closing direction."""
        return float(np.ptp(np.concatenate(contacts) @ grasp.closing))


@pytest.fixture(scope="session")
def on_table():
    """The class of scenes, to be called with shapes."""
    return AnalyticScene


@pytest.fixture(scope="session")
def shape():
    """Makers of shapes: ball, block, can, cup."""
    return SimpleNamespace(ball=ball, block=block, can=can, cup=cup)
