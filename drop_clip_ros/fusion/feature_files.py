"""Fused features on disk: scene_000000.npz beside each other, and fusion.json, which says what made them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import ConfigError, SceneError

FORMAT = "drop-clip-fusion/1"
RECORD = "fusion.json"


@dataclass(frozen=True)
class SceneFeatures:
    """Fused features of the objects of one scene that some view shows.

    Args:
        instance_ids: (N,) mask ids; object_ids: (N,) catalogue ids.
        features: (N, C) float32 unit rows.
        weights: (V, N) each view's share; informativeness: (V, N) eq. 4; visible_pixels: (V, N).
        fallback: (N,) no view was informative, and visibility alone weighed.
        scene: fingerprint of the scene that they are of.
        view_features: (V, N, C), or None if they were not kept.
    """

    instance_ids: np.ndarray
    object_ids: tuple[str, ...]
    features: np.ndarray
    weights: np.ndarray
    informativeness: np.ndarray
    visible_pixels: np.ndarray
    fallback: np.ndarray
    scene: str = ""
    view_features: np.ndarray | None = None


def write_scene_features(file: Path, features: SceneFeatures) -> None:
    """Write one scene's features in one step."""
    arrays = {
        "instance_ids": features.instance_ids,
        "object_ids": np.array(features.object_ids),
        "features": features.features,
        "weights": features.weights,
        "informativeness": features.informativeness,
        "visible_pixels": features.visible_pixels,
        "fallback": features.fallback,
        "scene": np.array(features.scene),
    }
    if features.view_features is not None:
        arrays["view_features"] = features.view_features.astype(np.float16)
    # Its own name for each process: two runs may share the folder.
    temporary = file.with_name(f".{file.stem}.{os.getpid()}.npz")
    np.savez_compressed(temporary, allow_pickle=False, **arrays)
    temporary.replace(file)


def read_scene_features(file: str | Path) -> SceneFeatures:
    """The features that `write_scene_features` wrote.

    Raises:
        SceneError: the file is missing or no such file.
    """
    try:
        with np.load(file, allow_pickle=False) as data:
            return SceneFeatures(
                data["instance_ids"],
                tuple(str(name) for name in data["object_ids"]),
                data["features"],
                data["weights"],
                data["informativeness"],
                data["visible_pixels"],
                data["fallback"],
                str(data["scene"]),
                data["view_features"].astype(np.float32) if "view_features" in data.files else None,
            )
    except (OSError, KeyError, ValueError) as error:
        raise SceneError(
            f"{file} is no file of fused features ({error}); wanted one that `drop-clip fuse` wrote"
        ) from error


def check_record(file: Path, record: dict) -> None:
    """Write a folder's record, or see that the one that is there has the same settings.

    Raises:
        ConfigError: a setting differs, or the record cannot be read.
    """
    if file.exists():
        try:
            before = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{file} cannot be read ({error}); choose another folder") from error
        seen, wanted = _flat(before), _flat(record)
        for key in wanted:
            # A switch that an older record does not know was not used there.
            if seen.get(key) != wanted[key] and (key in seen or wanted[key]):
                raise ConfigError(
                    f"{file}: {key} is {seen.get(key)!r}, this run has {wanted[key]!r}; choose another folder"
                )
    else:
        file.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _flat(record: dict) -> dict:
    """Nested settings as one level, so that a difference can be named."""
    flat: dict = {}
    for key, value in record.items():
        flat |= _flat(value) if isinstance(value, dict) else {key: value}
    return flat
