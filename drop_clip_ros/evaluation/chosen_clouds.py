"""Which clouds of a dataset are measured: some views of each scene, or each scene whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from drop_clip_ros.errors import ConfigError, SceneError, SupportError
from drop_clip_ros.evaluation.labelled_clouds import TABLES, LabelledCloud, full_cloud, view_cloud
from drop_clip_ros.scenes.storage import Scene, SceneDataset

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CloudChoice:
    """Which clouds are made, and how.

    Args:
        scenes: at most so many, the first of the dataset.
        views_per_scene: single views of each scene, drawn by the seed.
        table: how single views lose their table, "mask" or "ransac" (see `view_cloud`).
        sensor: pass single views through random sensor models.
        seed: of every choice.

    Raises:
        ConfigError: nothing to measure, or another kind of table.
    """

    scenes: int = 100
    views_per_scene: int = 1
    table: str = "mask"
    sensor: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.scenes < 1 or self.views_per_scene < 1:
            raise ConfigError(
                f"{self.scenes} scenes with {self.views_per_scene} views each, wanted at least one of both"
            )
        if self.table not in TABLES:
            raise ConfigError(f"table is {self.table!r}, wanted one of {', '.join(TABLES)}")

    def generator(self, scene: int, *more: int) -> np.random.Generator:
        """The source of what is drawn for a scene of the dataset; the same for the same numbers."""
        return np.random.default_rng([self.seed, scene, *more])


def single_views(dataset: SceneDataset, choice: CloudChoice) -> Iterator[tuple[int, Scene, LabelledCloud]]:
    """(scene's number, scene, cloud) of the chosen views; views that show no object are passed over.

    A view whose table is not found gives a cloud without points, so that its queries count as missed.
    """
    for number in range(min(choice.scenes, len(dataset))):
        scene = dataset[number]
        showing = [view for view in scene.views if view.annotations]
        order = choice.generator(number).permutation(len(showing))[: choice.views_per_scene]
        for k in sorted(order):
            try:
                cloud = view_cloud(
                    scene, showing[k], choice.table, choice.generator(number, k) if choice.sensor else None
                )
            except SupportError:
                cloud = _without_points(view_cloud(scene, showing[k]))
            except SceneError:
                continue
            yield number, scene, cloud


def full_clouds(dataset: SceneDataset, choice: CloudChoice) -> Iterator[tuple[int, Scene, LabelledCloud]]:
    """(scene's number, scene, cloud) of the chosen scenes, all views together, the table taken away by the masks."""
    for number in range(min(choice.scenes, len(dataset))):
        scene = dataset[number]
        yield number, scene, full_cloud(scene)


def _without_points(cloud: LabelledCloud) -> LabelledCloud:
    none = slice(0, 0)
    return replace(cloud, xyz=cloud.xyz[none], rgb=cloud.rgb[none], label=cloud.label[none], pixel=np.zeros(0, int))
