"""The upper bound: features that `drop-clip fuse` wrote, as clouds of whole objects."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.feature_clouds import FeatureCloud, object_cloud
from drop_clip_ros.evaluation.labelled_clouds import LabelledCloud
from drop_clip_ros.evaluation.scene_queries import TextVectors
from drop_clip_ros.fusion.feature_files import RECORD, read_scene_features
from drop_clip_ros.fusion.informativeness import object_prompt
from drop_clip_ros.fusion.scene_features import object_texts
from drop_clip_ros.fusion.text_frame import TextFrame, mean_direction
from drop_clip_ros.language.registry import load_text_space
from drop_clip_ros.scenes.storage import Scene, SceneDataset


class FusedBound:
    """Fused features of a dataset's scenes, in the frame in which they are compared (see `TextFrame`).

    Args:
        folder: that `drop-clip fuse` wrote.
        dataset: of which; the mean text of its objects makes the frame.

    Raises:
        ConfigError: the folder has no record of what made it.
    """

    def __init__(self, folder: Path, dataset: SceneDataset) -> None:
        self.folder = folder
        try:
            self.record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            name = str(self.record["text_space"])
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(f"{folder}/{RECORD}: {error}; wanted a folder that `drop-clip fuse` wrote") from error
        space = load_text_space(name)
        annotations = {item.object_id: item.annotation for scene in dataset for item in scene.instances}
        prompts = np.stack([object_prompt(space.encode(object_texts(one, "open"))) for one in annotations.values()])
        self._frame = TextFrame.of(name, mean_direction(prompts))
        self.texts = TextVectors(lambda phrases: self._frame.rows(space.encode(phrases)))

    def cloud(self, scene: Scene, cloud: LabelledCloud) -> FeatureCloud:
        """A labelled cloud whose points have their true object's fused feature.

        Raises:
            SceneError: the scene was not fused.
        """
        stored = read_scene_features(self.folder / f"{scene.name}.npz")
        rows = self._frame.rows(stored.features)
        return object_cloud(dict(zip(np.asarray(stored.instance_ids).tolist(), rows, strict=True)), cloud)
