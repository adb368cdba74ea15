"""Deciding by colour which of two neighbours a patch of an image belongs to."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drop_clip_ros.geometry.image_masks import box_around, grown_square

_EVERY_NEIGHBOUR = np.ones((3, 3), dtype=bool)


def patches_unlike(
    color: np.ndarray, patches: np.ndarray, like: np.ndarray, unlike: np.ndarray, smallest: int = 30, window: int = 40
) -> np.ndarray:
    """The connected patches that lie mostly among `like` pixels and whose median colour is nearer to theirs.

    Args:
        color: (height, width, 3) uint8.
        patches: (height, width) bool, pixels in question.
        like, unlike: (height, width) bool, pixels that are known.
        smallest: pixels; smaller patches are not judged and not returned.
        window: pixels around a patch's box that count as around it.

    Returns:
        (height, width) bool, the patches that are `like`.
    """
    answer = np.zeros(patches.shape, dtype=bool)
    around = box_around(patches, window)
    color, patches, like, unlike = (image[around] for image in (color, patches, like, unlike))
    labels, count = ndimage.label(patches, _EVERY_NEIGHBOUR)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    for number, box in enumerate(ndimage.find_objects(labels, max_label=count) if count else (), start=1):
        if area[number] < smallest:
            continue
        rows, columns = (slice(max(0, part.start - window), part.stop + window) for part in box)
        patch = labels[rows, columns] == number
        colors = color[rows, columns]
        # Pixels right at the border mix both colours: look at those a little farther off.
        ring = grown_square(patch, 7) & ~grown_square(patch, 2)
        inner, outer = ring & like[rows, columns], unlike[rows, columns]
        if inner.sum() < smallest or outer.sum() < smallest:
            continue
        enclosed = ring & (like[rows, columns] | unlike[rows, columns])
        if inner.sum() < 0.5 * enclosed.sum():
            continue
        own, near, far = (np.median(colors[chosen], axis=0) for chosen in (patch, inner, outer))
        if np.linalg.norm(own - near) < np.linalg.norm(own - far):
            answer[around][rows, columns] |= patch
    return answer
