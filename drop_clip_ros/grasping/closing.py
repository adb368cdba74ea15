"""Closing the jaws of every hypothesis on the visible surface: where they stop, and whether they would slip there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.grasping.hypotheses import Hypotheses
from drop_clip_ros.grasping.surface import Surface
from drop_clip_ros.grasping.tip_frames import points_within

_BIN = 0.002  # metres; how finely the space between the jaws is divided
_ZONE = 0.003  # metres behind the outermost point that count as touched
_SMALLEST_SHARE = 0.4  # of what is touched that has to face the finger
_FEWEST = 3  # points that make a contact
_THICKEST_WALL = 0.02  # metres; what is thicker is no wall
_TOP_SEEN = 0.35  # cosine between a rim's outward tangent and the way to the camera, from which a top would be seen


@dataclass(frozen=True)
class Closed:
    """What the jaws of each hypothesis hold; arrays of one length.

    Args:
        ends: (h, 2) float32 metres along x where the fingers stop.
        empty, wide, slipping: (h,) bool, nothing to hold, more than the jaws can span, and a contact outside the
            friction cone.
        cosine: (h, 2) float32 between finger and surface normal at each end.
        assumed: (h,) float32 share of the contacts that no camera has seen.
        touched: (h, 2) float32 square metres of visible surface that bear on each finger.
        held: (h,) float32 metres along the approach that the object reaches up between the pads.
    """

    ends: np.ndarray
    empty: np.ndarray
    wide: np.ndarray
    slipping: np.ndarray
    cosine: np.ndarray
    assumed: np.ndarray
    touched: np.ndarray
    held: np.ndarray

    @property
    def width(self) -> np.ndarray:
        """(h,) metres between the fingers."""
        return self.ends[:, 1] - self.ends[:, 0]


def close_jaws(surface: Surface, hypotheses: Hypotheses, gripper: Gripper, clearance: float, friction: float) -> Closed:
    """Close the jaws of all hypotheses.

    Args:
        surface: the object, the camera at the origin.
        hypotheses: tip frames.
        gripper: its geometry.
        clearance: metres that each finger stays off the object while it approaches.
        friction: coefficient between finger and object.
    """
    return _Closing(surface, gripper, clearance, friction).close(hypotheses)


class _Closing:
    def __init__(self, surface: Surface, gripper: Gripper, clearance: float, friction: float) -> None:
        self.surface, self.gripper, self.clearance = surface, gripper, clearance
        self.cone = float(np.cos(np.arctan(friction)))
        self.reach = gripper.opening + clearance + gripper.finger_thickness
        self.view = surface.xyz.mean(axis=0) / np.linalg.norm(surface.xyz.mean(axis=0))

    def close(self, piece: Hypotheses) -> Closed:
        """Close the jaws of hypotheses."""
        n, g = len(piece), self.gripper
        low, high = (-self.reach, -g.finger_width / 2, -g.pad_length), (self.reach, g.finger_width / 2, 0.0)
        h, i, local = points_within(piece.axes, piece.tip, np.array(low), np.array(high), self.surface.xyz)
        x, z = local[:, 0], local[:, 2]
        first, last = self._pieces_held(piece, h, x)
        held = (x >= first[h]) & (x <= last[h])
        h, i, x, z = h[held], i[held], x[held], z[held]
        count = np.bincount(h, minlength=n)
        ends = np.zeros((n, 2), np.float32)
        left, right = np.full(n, np.inf, np.float32), np.full(n, -np.inf, np.float32)
        np.minimum.at(left, h, x)
        np.maximum.at(right, h, x)
        empty = count < 2 * _FEWEST
        ends[:, 0], ends[:, 1] = np.where(empty, 0, left), np.where(empty, 0, right)
        top = np.zeros(n, np.float32)
        np.minimum.at(top, h, z)
        wide = ~empty & (right - left > g.opening - 0.004)
        contacts = [self._contact(piece, ends, h, i, x, end) for end in (0, 1)]
        contacts = self._thin_walls(piece, ends, h, i, contacts)
        cosine = np.stack([contact.cosine for contact in contacts], axis=1)
        touched = np.stack([contact.touched for contact in contacts], axis=1)
        holds = contacts[0].holds & contacts[1].holds
        assumed = (contacts[0].assumed + contacts[1].assumed) / 2
        # The outermost points lie about half a spacing inside the surface's true end.
        ends += np.array([-0.5, 0.5], np.float32) * self.surface.spacing
        return Closed(ends, empty, wide, ~holds, cosine, assumed, touched, -top)

    def _pieces_held(self, piece: Hypotheses, h: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) metres along x between which things are held.

        A finger needs a gap as wide as itself and its clearance. The jaws close around what lies around x = 0 up to the
        nearest such gaps, or, for `whole`, up to the farthest that the opening allows.
        """
        n, bins = len(piece), int(np.ceil(2 * self.reach / _BIN)) + 1
        middle = round(self.reach / _BIN)
        bin_of = np.clip(np.round((x + self.reach) / _BIN).astype(np.int64), 0, bins - 1)
        occupied = np.bincount(h * bins + bin_of, minlength=n * bins).reshape(n, bins) > 0
        index = np.arange(bins)
        gap = int(np.ceil((self.gripper.finger_thickness + self.clearance) / _BIN))
        following = np.minimum.accumulate(np.where(occupied, index, 10 * bins)[:, ::-1], axis=1)[:, ::-1]
        following = np.concatenate([following[:, 1:], np.full((n, 1), 10 * bins)], axis=1)
        preceding = np.maximum.accumulate(np.where(occupied, index, -10 * bins), axis=1)
        preceding = np.concatenate([np.full((n, 1), -10 * bins), preceding[:, :-1]], axis=1)
        slack = 2
        last_fits = occupied & (following - index > gap) & (index >= middle - slack)
        first_fits = occupied & (index - preceding > gap) & (index <= middle + slack)
        first = np.where(
            piece.whole & ~piece.inward, first_fits.argmax(axis=1), bins - 1 - first_fits[:, ::-1].argmax(axis=1)
        )
        spanned = last_fits & (index <= first[:, None] + int(self.gripper.opening / _BIN))
        farthest = bins - 1 - spanned[:, ::-1].argmax(axis=1)
        last = np.where(piece.whole & spanned.any(axis=1), farthest, last_fits.argmax(axis=1))
        missing = ~(first_fits.any(axis=1) & last_fits.any(axis=1))
        first, last = np.where(missing, 0, first), np.where(missing, -1, last)
        return (first - 0.5) * _BIN - self.reach, (last + 0.5) * _BIN - self.reach

    def _contact(
        self, piece: Hypotheses, ends: np.ndarray, h: np.ndarray, i: np.ndarray, x: np.ndarray, end: int
    ) -> _Contact:
        """What one finger touches."""
        n, sign = len(piece), 1.0 if end else -1.0
        zone = max(_ZONE, 0.8 * self.surface.spacing)
        touched = np.flatnonzero(sign * (ends[h, end] - x) <= zone)
        h, i = h[touched], i[touched]
        out = sign * piece.axes[h, :, 0]
        facing = np.einsum("kd,kd->k", self.surface.normals[i], out)
        bent = self._bent_cosine(facing, np.einsum("kd,kd->k", self.surface.outward[i], out), self.surface.bend[i])
        bears = bent >= self.cone
        count = np.bincount(h, minlength=n)
        bearing = np.bincount(h, bears, n)
        share = np.maximum(bearing, 1)
        cosine = np.bincount(h, np.where(bears, bent, 0), n) / share
        assumed = np.bincount(h, bears & (facing < self.cone), n) / share
        holds = (bearing >= _FEWEST) & (bearing >= _SMALLEST_SHARE * count)
        area = bearing * self.surface.spacing**2
        return _Contact(holds, cosine.astype(np.float32), assumed.astype(np.float32), area.astype(np.float32))

    @staticmethod
    def _bent_cosine(facing: np.ndarray, beyond: np.ndarray, bend: np.ndarray) -> np.ndarray:
        """Cosine between a direction and the nearest normal of a surface that bends on beyond its rim.

        Args:
            facing, beyond: (k,) components of the unit direction along the normal and along the outward tangent.
            bend: (k,) radians that the surface may bend.
        """
        angle = np.clip(np.arctan2(beyond, facing), 0.0, bend)
        return np.cos(angle) * facing + np.sin(angle) * beyond

    def _thin_walls(
        self, piece: Hypotheses, ends: np.ndarray, h: np.ndarray, i: np.ndarray, contacts: list[_Contact]
    ) -> list[_Contact]:
        """Contacts on the hidden back of a wall that is thin, such as a cup's.

        A wall is thin when what is between the jaws is one sheet that ends in a rim towards the gripper, one finger
        bears on the side that is seen, and the rim faces the camera: a thick wall would show its top there.
        """
        n = len(piece)
        narrow = ends[:, 1] - ends[:, 0] < _THICKEST_WALL
        h, i = h[narrow[h]], i[narrow[h]]
        lifted = -np.einsum("kd,kd->k", self.surface.outward[i], piece.axes[h, :, 2]) > 0.6
        towards_camera = -(self.surface.outward @ self.view)[i]
        ends_there = np.bincount(h, lifted, n)
        row = max(2.0, 0.25 * self.gripper.finger_width / self.surface.spacing)
        rim = (ends_there >= row) & (np.bincount(h, lifted * towards_camera, n) > _TOP_SEEN * ends_there)
        facing = np.einsum("kd,kd->k", self.surface.normals[i], piece.axes[h, :, 0])
        count = np.maximum(np.bincount(h, minlength=n), 1)
        result = list(contacts)
        for seen, hidden, sign in ((0, 1, -1.0), (1, 0, 1.0)):
            sheet = np.bincount(h, sign * facing >= self.cone, n) >= 0.6 * count
            thin = sheet & rim & narrow & contacts[seen].holds & ~contacts[hidden].holds
            old, side = contacts[hidden], contacts[seen]
            result[hidden] = _Contact(
                old.holds | thin,
                np.where(thin, side.cosine, old.cosine),
                np.where(thin, 1.0, old.assumed).astype(np.float32),
                np.where(thin, side.touched, old.touched),
            )
        return result


@dataclass(frozen=True)
class _Contact:
    """One finger's contact, of each hypothesis: whether it holds, its mean cosine, the share assumed, and its area."""

    holds: np.ndarray
    cosine: np.ndarray
    assumed: np.ndarray
    touched: np.ndarray
