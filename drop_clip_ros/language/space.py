"""What every space of texts, and every space of texts and images, offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class TextSpace(Protocol):
    """Texts as unit vectors.

    `name` identifies the space for ever ("minilm-l6-v2", "openclip:ViT-L-14-336-quickgelu/openai"): bundles store it,
    and a student is only ever asked with texts of its own space.
    """

    name: str
    dim: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts.

        Returns:
            (n, dim) float32 rows of unit norm.

        Raises:
            LanguageError: a text is empty or not a string.
        """
        ...


@runtime_checkable
class ImageSpace(Protocol):
    """Images as unit vectors of the text space called `text_space`."""

    name: str
    dim: int
    text_space: str

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Encode uint8 RGB images of any size, (h, w, 3) each.

        Returns:
            (n, dim) float32 rows of unit norm.
        """
        ...


@runtime_checkable
class DenseImageSpace(ImageSpace, Protocol):
    """An image space that has features of patches too."""

    def encode_patches(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Encode the patches of uint8 RGB images of one size, (h, w, 3) each.

        Returns:
            (n, h', w', dim) float32: cells that cover the image evenly; not normalised, so that they can be
            interpolated.

        Raises:
            LanguageError: images of several sizes, or of another shape or type; or the network has no patch features.
        """
        ...

    def unit_rows(self, rows: np.ndarray) -> np.ndarray:
        """(n, dim) float32 unit vectors of the text space from rows of `encode_patches`, interpolated or not."""
        ...
