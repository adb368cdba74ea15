"""Gripper poses worth trying: from contacts that are seen, from rims, and from the directions of approach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.grasping.surface import Surface
from drop_clip_ros.grasping.surroundings import Support

_STEEP = np.cos(np.radians(30.0))  # an approach so close to straight down is from above, wherever the camera stands


@dataclass(frozen=True)
class Hypotheses:
    """Tip frames before the jaws close.

    Args:
        axes: (h, 3, 3) float32, columns are the tip frame's x, y, z.
        tip: (h, 3) float32 metres, the camera at the origin; the jaws close on what lies around x = 0.
        inward: (h,) bool, x = 0 is one end of what is to be held, and it lies along +x.
        whole: (h,) bool, close around all that fits the jaws, not around the first piece alone.
    """

    axes: np.ndarray
    tip: np.ndarray
    inward: np.ndarray
    whole: np.ndarray

    def __len__(self) -> int:
        return len(self.tip)

    def select(self, index: np.ndarray) -> Hypotheses:
        """Those at a boolean mask or integer index."""
        return Hypotheses(self.axes[index], self.tip[index], self.inward[index], self.whole[index])


def allowed_approach(approach: np.ndarray, view: np.ndarray, support: Support | None, largest: float) -> np.ndarray:
    """(h,) bool: approaches (h, 3) from the camera's side or from above, and never from below the table.

    Args:
        approach: (h, 3) unit vectors towards the object.
        view: (3,) unit vector from the camera towards the object.
        support: the plane under the object, where it is known.
        largest: radians between approach and view.
    """
    along = approach @ view
    if support is None:
        return along >= np.cos(largest)
    down = -(approach @ support.up.astype(approach.dtype))
    return (down > -0.02) & ((along >= np.cos(largest)) | ((down >= _STEEP) & (along > 0)))


def sample_hypotheses(
    surface: Surface,
    support: Support | None,
    count: int,
    pad_length: float,
    largest_angle: float,
    rng: np.random.Generator,
) -> Hypotheses:
    """Tip frames at the visible surface; about `count`, those that come from a wrong side left out.

    Two fifths push against a visible point along its normal, a fifth against a rim along its outward tangent, where the
    hidden face behind an edge is taken to be, and two fifths start from a direction of approach, half of them turned
    so that the jaws close across the object's shorter side.
    """
    view = surface.xyz.mean(axis=0)
    view = view / np.linalg.norm(view)
    wanted = _approaches(view, support, count, rng)
    seeds = rng.integers(len(surface), size=count)
    rims = np.flatnonzero(surface.bend > 1.0)
    kind = rng.choice(3, size=count, p=(0.4, 0.2, 0.4) if len(rims) else (0.5, 0.0, 0.5))
    if len(rims):
        seeds[kind == 1] = rims[rng.integers(len(rims), size=int((kind == 1).sum()))]
    closing = -surface.normals[seeds].astype(np.float64)
    closing[kind == 1] = -surface.outward[seeds[kind == 1]]
    closing += np.where(rng.random((count, 1)) < 0.5, 0.0, 0.12) * rng.normal(size=(count, 3))
    closing[kind == 2] = _across(surface, wanted[kind == 2], rng)
    approach, usable = _perpendicular(wanted, closing, fixed=kind == 2)
    closing /= np.linalg.norm(closing, axis=1, keepdims=True)
    closing -= np.einsum("hd,hd->h", closing, approach)[:, None] * approach
    usable &= np.linalg.norm(closing, axis=1) > 0.2
    closing /= np.maximum(np.linalg.norm(closing, axis=1, keepdims=True), 1e-9)
    usable &= allowed_approach(approach, view, support, largest_angle)
    depth = rng.uniform(0.1 * pad_length, 0.95 * pad_length, size=count)
    tip = surface.xyz[seeds] + approach * depth[:, None]
    axes = np.stack([closing, np.cross(approach, closing), approach], axis=2)
    whole = rng.random(count) < 0.5
    found = Hypotheses(axes.astype(np.float32), tip.astype(np.float32), kind != 2, whole)
    return found.select(np.flatnonzero(usable))


def _approaches(view: np.ndarray, support: Support | None, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 3) unit directions around those between the line of sight and straight down; a third of them exact."""
    down = view if support is None else -support.up
    share = rng.choice([0.0, 0.5, 1.0], size=(count, 1), p=[0.2, 0.2, 0.6])
    spread = np.where(rng.random((count, 1)) < 0.35, 0.0, 0.45)
    wanted = share * down + (1 - share) * view + spread * rng.normal(size=(count, 3))
    return wanted / np.maximum(np.linalg.norm(wanted, axis=1, keepdims=True), 1e-9)


def _across(surface: Surface, approach: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(h, 3) closing directions square to approaches (h, 3): along the least spread of the object, or any."""
    helper = np.eye(3)[np.argmin(np.abs(approach), axis=1)]
    first = np.cross(approach, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    second = np.cross(approach, first)
    spread = np.cov(surface.xyz.T.astype(np.float64))
    a = np.einsum("hd,de,he->h", first, spread, first)
    b = np.einsum("hd,de,he->h", first, spread, second)
    c = np.einsum("hd,de,he->h", second, spread, second)
    shorter = 0.5 * np.arctan2(2 * b, a - c) + np.pi / 2 + rng.normal(scale=0.1, size=len(a))
    angle = np.where(rng.random(len(a)) < 0.5, shorter, rng.uniform(0, np.pi, len(a)))
    return np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second


def _perpendicular(wanted: np.ndarray, closing: np.ndarray, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Approaches (h, 3) turned square to the closing directions, except the fixed ones; and which could be."""
    unit = closing / np.maximum(np.linalg.norm(closing, axis=1, keepdims=True), 1e-9)
    turned = wanted - np.where(fixed, 0.0, np.einsum("hd,hd->h", wanted, unit))[:, None] * unit
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    return turned / np.maximum(length, 1e-9), length[:, 0] > 0.3
