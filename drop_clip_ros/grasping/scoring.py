"""The score of a grasp, from measures of what makes one hold."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

WEIGHTS = {"friction": 0.25, "centring": 0.30, "area": 0.10, "hold": 0.15, "room": 0.10, "seen": 0.05, "known": 0.05}


@dataclass(frozen=True)
class Measures:
    """Seven numbers about each grasp, (k,) each; below 0 counts as 0 and above 1 as 1.

    Args:
        friction: how far inside the friction cone the worse contact lies: 1 on its axis, 0 on its edge.
        centring: how near the middle of what is held is to the object's centre; 1 there, 1/e away by the object's size.
        area: visible surface that bears on the finger with less of it, over 1 cm of the finger's width.
        hold: how far the object reaches up between the pads, over 0.6 of their length.
        room: distance from the fingers to the nearest neighbour, over 2 cm.
        seen: share of the fingers that goes through space that the camera saw to be free.
        known: share of the contacts on surface that the camera saw, not on a face assumed behind an edge.
    """

    friction: np.ndarray
    centring: np.ndarray
    area: np.ndarray
    hold: np.ndarray
    room: np.ndarray
    seen: np.ndarray
    known: np.ndarray


def scores(measures: Measures) -> np.ndarray:
    """(k,) weighted mean of the measures, 0 to 1; the weights are `WEIGHTS`, which add up to 1."""
    parts = [WEIGHTS[item.name] * np.clip(getattr(measures, item.name), 0, 1) for item in fields(measures)]
    return np.clip(np.sum(parts, axis=0), 0.0, 1.0)
