"""The frame in which features and texts are compared: with or without the direction that all texts share.

Sentence embeddings lie in a narrow cone: MiniLM's vectors of phrases about objects share a mean of norm 0.6, so that
two unrelated phrases already have a cosine of some 0.35. It says nothing about the object, and how much of it a feature
holds is an accident of its tower. Taking the direction out of features and texts alike makes cosines what is said of
the object. CLIP's image and text vectors have different means (a gap between the modalities), and the paper compares
them as they are: there the frame leaves everything as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import ConfigError

CENTERS = ("auto", "on", "off")


@dataclass(frozen=True)
class TextFrame:
    """How rows are turned before they are compared.

    Args:
        mean: (C,) unit vector that is taken out of every row; None takes nothing out.
    """

    mean: np.ndarray | None = None

    @classmethod
    def of(cls, text_space: str, mean: np.ndarray, center: str = "auto") -> TextFrame:
        """The frame for a text space.

        Args:
            text_space: its name.
            mean: (C,) mean direction of the dataset's prompts.
            center: "on", "off", or "auto": on for sentence embeddings, off for CLIP.

        Raises:
            ConfigError: another `center`.
        """
        if center not in CENTERS:
            raise ConfigError(f"center is {center!r}, wanted one of {', '.join(CENTERS)}")
        wanted = center == "on" or (center == "auto" and not text_space.startswith("openclip:"))
        return cls(np.asarray(mean, np.float32) if wanted else None)

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Rows (..., C) as unit rows of the frame; zero rows stay zero."""
        if self.mean is not None:
            rows = rows - (rows @ self.mean)[..., None] * self.mean
        norms = np.sqrt(np.einsum("...c,...c->...", rows, rows))[..., None]
        return rows / np.maximum(norms, 1e-12)


def mean_direction(prompts: np.ndarray) -> np.ndarray:
    """(C,) unit vector: the mean of prompts (K, C), each taken as a unit vector."""
    mean = (prompts / np.linalg.norm(prompts, axis=1, keepdims=True)).mean(axis=0)
    return (mean / np.linalg.norm(mean)).astype(np.float32)
