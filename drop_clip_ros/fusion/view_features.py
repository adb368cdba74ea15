"""What a tower sees of a stored scene's views: a feature for each object under a visual prompt, and one for each patch.

Towers get a whole scene's pictures at once, and what they made is cached by content (`feature_cache`), a prompt's
single pictures apart, so that prompts which share pictures share features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.feature_cache import FeatureCache, pictures_digest, tower_digest
from drop_clip_ros.language.space import DenseImageSpace, ImageSpace
from drop_clip_ros.language.visual_prompts import VisualPrompt
from drop_clip_ros.scenes.storage import Scene

# An object with fewer visible pixels counts as unseen in a view.
MIN_PIXELS = 50
# Pixels beside an object's mask where its points may still be seen: those at its outline, by rounding.
_BESIDE = 3


class SceneViews:
    """The views of one scene through one tower.

    Args:
        scene: of V views and N instances.
        images: the tower.
        cache: where its features are kept.
        min_pixels: an object with fewer visible pixels counts as unseen in a view.
    """

    def __init__(
        self, scene: Scene, images: ImageSpace, cache: FeatureCache | None = None, min_pixels: int = MIN_PIXELS
    ) -> None:
        self.scene, self._images, self._cache = scene, images, cache or FeatureCache(None)
        self._min_pixels = min_pixels
        self._ids = np.array([item.id for item in scene.instances], np.int64)

    @cached_property
    def pictures(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Colour (h, w, 3) uint8 and mask (h, w) uint8 of each view, read once."""
        return [(view.load_color(), view.load_mask()) for view in self.scene.views]

    @cached_property
    def visible(self) -> np.ndarray:
        """(V, N) int64 Λ_{v,n} of DROP-CLIP §3.2: visible pixels of each object in each view, 0 below `min_pixels`."""
        areas = np.zeros((len(self.scene.views), len(self._ids)), np.int64)
        for number, (_, mask) in enumerate(self.pictures):
            areas[number] = np.bincount(mask.reshape(-1), minlength=256)[self._ids]
        return np.where(areas >= self._min_pixels, areas, 0)

    def objects(self, prompts: VisualPrompt | Sequence[VisualPrompt]) -> np.ndarray:
        """z_{v,n} of each object in each view (DROP-CLIP §3.2).

        Args:
            prompts: how objects are shown; the unit features of several prompts and scales are averaged.

        Returns:
            (V, N, C) float32 unit rows, zero where an object is not seen.
        """
        several = (prompts,) if isinstance(prompts, VisualPrompt) else tuple(prompts)
        total = np.zeros((*self.visible.shape, self._images.dim), np.float32)
        for prompt in several:
            for scale in range(prompt.scales):
                parts = (*self._parts, f"object, {self._min_pixels} pixels", prompt.key(scale))
                total += self._cache.get(parts, partial(self._encode_objects, prompt, scale))
        return total / np.maximum(np.linalg.norm(total, axis=2, keepdims=True), 1e-12)

    def patches(self, everywhere: bool = True) -> np.ndarray:
        """(V, h', w', C) half precision: features of each view's patches, not normalised.

        Args:
            everywhere: False for those alone that pixels of objects, or next to them, are interpolated from: which is
                all that is read where only views that see a point count. Others are zero, if the tower can save them.

        Raises:
            ConfigError: the tower has no features of patches, or the views differ in size.
        """
        images = self._images
        if not isinstance(images, DenseImageSpace):
            raise ConfigError(f"teacher {images.name} has no features of patches; choose one with encode_patches")
        sizes = {(view.camera.height, view.camera.width) for view in self.scene.views}
        if len(sizes) != 1:
            raise ConfigError(f"{self.scene.name}: views of the sizes {sorted(sizes)}; wanted one size")
        settings = getattr(images, "dense_settings", "")
        colors = [color for color, _ in self.pictures]
        encode_at = getattr(images, "encode_patches_at", None)
        if everywhere or encode_at is None:
            return self._cache.get((*self._parts, "patches", settings), lambda: images.encode_patches(colors))
        parts = (*self._parts, f"patches within {_BESIDE} pixels of objects", settings)
        return self._cache.get(parts, lambda: encode_at(colors, self._object_pixels()))

    def _object_pixels(self) -> list[np.ndarray]:
        """(h, w) bool of each view: pixels of objects, and those that an object's point may be rounded to."""
        from scipy.ndimage import maximum_filter

        return [maximum_filter(mask > 0, size=2 * _BESIDE + 1) for _, mask in self.pictures]

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        if self._cache.folder is None:
            return ()  # nobody reads them, and hashing takes its time
        return tower_digest(self._images), pictures_digest(array for pair in self.pictures for array in pair)

    def _encode_objects(self, prompt: VisualPrompt, scale: int) -> np.ndarray:
        from scipy.ndimage import find_objects

        pictures, places = [], []
        for number, (color, mask) in enumerate(self.pictures):
            shown = np.flatnonzero(self.visible[number])
            if not len(shown):
                continue
            surroundings = prompt.surroundings(color)
            boxes = find_objects(mask) if prompt.crops else []
            for column in shown:
                instance = self._ids[column]
                # A crop is made from what it needs of the picture, which is a small part of it.
                part = _grown(boxes[instance - 1], scale * prompt.expansion) if prompt.crops else np.s_[:]
                pictures.append(prompt.picture(color[part], mask[part] == instance, scale, surroundings))
                places.append((number, column))
        features = np.zeros((*self.visible.shape, self._images.dim), np.float32)
        if pictures:
            features[tuple(np.array(places).T)] = self._images.encode_images(pictures)
        return features


def _grown(box: tuple[slice, slice], growth: float) -> tuple[slice, ...]:
    """A box with at least the margin that growing by a share of its size gives; it may end outside the picture."""
    margins = [math.ceil((side.stop - side.start) * growth / 2) for side in box]
    return tuple(
        slice(max(side.start - margin, 0), side.stop + margin) for side, margin in zip(box, margins, strict=True)
    )


def keep_top_views(visible: np.ndarray, count: int) -> np.ndarray:
    """Λ_{v,n} (V, N) with all but the `count` views that show most of each object set to 0 (OpenMask3D)."""
    order = np.argsort(-np.asarray(visible), axis=0, kind="stable")
    kept = np.zeros(visible.shape, bool)
    np.put_along_axis(kept, order[:count], True, axis=0)
    return np.where(kept, visible, 0)
