"""An object of the catalogue: textured parts for rendering, convex pieces for physics, words for language."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.scenes.annotation import ObjectAnnotation


@dataclass(frozen=True)
class TexturedPart:
    """One surface with one texture.

    Args:
        vertices: (v, 3) float32 metres, object frame (z up, origin at the middle of the bounding box's bottom face).
        faces: (f, 3) int32 vertex indices, counter-clockwise seen from outside.
        uv: (f, 3, 2) float32 texture coordinates of each face's corners in [0, 1], v from the bottom row up.
        texture: (h, w, 3) uint8 sRGB; 1x1 for a plain colour.
        roughness: 0 (mirror-like highlight) to 1 (matt).
        smooth: shade with interpolated normals (creases above 40 degrees stay sharp).
    """

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    texture: np.ndarray
    roughness: float = 0.7
    smooth: bool = True


@dataclass(frozen=True)
class CatalogueObject:
    """One object instance.

    Args:
        object_id: unique in its catalogue: "mug_0012".
        annotation: what language may say about it.
        parts: what is rendered.
        hulls: convex pieces for physics, each (n, 3) float32 vertices in the object frame.
        rest_rotations: likely ways to lie, each (weight, 3x3 rotation); upright is the identity.
        density: kg/m3 of the hulls' volume.
        split: "train", "val" or "test".
        source: "generated", or the mesh folder's own note of origin and licence.
    """

    object_id: str
    annotation: ObjectAnnotation
    parts: tuple[TexturedPart, ...]
    hulls: tuple[np.ndarray, ...]
    rest_rotations: tuple[tuple[float, np.ndarray], ...] = ((1.0, np.eye(3)),)
    density: float = 300.0
    split: str = "train"
    source: str = "generated"

    @property
    def extent(self) -> np.ndarray:
        """(3,) size of the bounding box in metres, object frame."""
        points = np.concatenate([part.vertices for part in self.parts])
        return points.max(axis=0) - points.min(axis=0)
