"""A second look at each found instance: its pixels, cut out, through an image tower of the same text space.

The student sees voxels of 5 mm; print, texture and small parts are finer. A tower on the cut-out pixels of a dozen
instances takes some ten milliseconds and errs on other objects than the student does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import binary_closing

from drop_clip_ros.geometry.cloud import PointCloud
from drop_clip_ros.grounding.similarity import unit
from drop_clip_ros.language.space import ImageSpace
from drop_clip_ros.language.visual_prompts import VisualPrompt

# Depth cameras lose pixels at edges and on shiny parts; gaps up to twice this many pixels are closed.
GAP = 3


@dataclass(frozen=True)
class SecondLook:
    """An image tower and how much it counts beside the student.

    Args:
        tower: gives unit rows of the student's text space.
        weight: of its rows, where the student's pooled features count 1; chosen on held-out scenes.
        prompt: how an instance is cut out; what the tower was trained with.
    """

    tower: ImageSpace
    weight: float = 1.0
    prompt: VisualPrompt = field(default_factory=VisualPrompt)

    def features(self, color: np.ndarray, clouds: Sequence[PointCloud], mean: np.ndarray) -> np.ndarray:
        """What the tower sees of instances.

        Args:
            color: (h, w, 3) uint8 RGB, the frame.
            clouds: points of each instance, none of them empty.
            mean: (c,) mean target of the student's training, which is taken off as the student's texts have it.

        Returns:
            (k, c) unit rows in the student's (centred) space.
        """
        pictures = [self.prompt.picture(color, closed_mask(cloud.pixel_index, color.shape[:2])) for cloud in clouds]
        rows = self.tower.encode_images(pictures)
        direction = mean / max(float(np.linalg.norm(mean)), 1e-12)
        # The share of the mean direction differs between towers and texts, and says nothing: it is taken off whole.
        return unit(rows - (rows @ direction)[:, None] * direction)

    def join(self, pooled: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """(k, c) unit rows: the student's pooled features and the tower's, weighed."""
        return unit(pooled + self.weight * seen)


def closed_mask(pixel_index: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) bool: pixels of a cloud with small gaps closed, from their (n,) row-major indices."""
    rows, columns = np.divmod(pixel_index, size[1])
    top, left = int(rows.min()), int(columns.min())
    bottom, right = int(rows.max()) + 1, int(columns.max()) + 1
    part = np.zeros((bottom - top + 2 * GAP, right - left + 2 * GAP), bool)
    part[rows - top + GAP, columns - left + GAP] = True
    part = binary_closing(part, iterations=GAP)[GAP:-GAP, GAP:-GAP]
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = part
    return mask
