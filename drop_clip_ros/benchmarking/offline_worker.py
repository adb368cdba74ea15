"""Runs in a process of its own, also with another checkout's package: makes or fuses scenes and says where time went.

`offline` hands this file's text to Python, with the checkout to be measured first on its path, so it uses nothing of
this room. Its argument is a task as JSON, its last line the figures.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import sys
import tempfile
import time
from pathlib import Path

# Where a stage's time is spent; what a checkout does not have is left out.
SCENE_STAGES = {
    "scenes.scene_maker:SceneMaker._settle": "objects dropped",
    "scenes.rendering:SceneRenderer.__init__": "structures",
    "scenes.rendering:SceneRenderer._cast": "ray casting",
    "scenes.visibility:VisibilitySampler.sample": "light seen",
    "scenes.rendering:upsample": "light seen",
    "scenes.rendering:SceneRenderer._shade": "shading",
    "scenes.rendering:SceneRenderer._smooth_edges": "outlines",
    "scenes.exposure:CameraResponse.develop": "developing",
    "scenes.writing:SceneWriter.write_view": "files",
    "scenes.writing:SceneWriter.finish": "files",
    "scenes.scene_maker:folder_digests": "checksums",
}
FUSION_STAGES = {
    "scenes.stored_scene:View._read": "pictures read",
    "language.visual_prompts:VisualPrompt.picture": "crops",
    "language.tabletop_tower:letterbox": "scaling",
    "language.tabletop_tower:TabletopTower.encode_images": "tower",
    "language.tabletop_tower:TabletopTower.encode_patches": "tower",
    "language.tabletop_tower:TabletopTower.encode_patches_at": "tower",
    "language.cache:CachedTextSpace.encode": "phrases",
    "fusion.scene_points:scene_points": "cloud",
    "fusion.point_features:PointFusion.add": "points fused",
}
REST = "rest"


class StageClock:
    """Processor seconds by stage; what a stage calls and is a stage itself does not count for it."""

    def __init__(self, stages: dict[str, str]) -> None:
        self.seconds = dict.fromkeys([*stages.values(), REST], 0.0)
        self._running = [REST]
        self._since = time.process_time()
        for place, stage in stages.items():
            self._watch(place, stage)

    def restart(self) -> None:
        """Begin anew."""
        self.seconds = dict.fromkeys(self.seconds, 0.0)
        self._since = time.process_time()

    def stop(self) -> dict[str, float]:
        """Seconds since the beginning."""
        self._count()
        return self.seconds

    def _count(self) -> None:
        now = time.process_time()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def _watch(self, place: str, stage: str) -> None:
        module, names = place.split(":")
        owner = importlib.import_module(f"drop_clip_ros.{module}")
        *path, name = names.split(".")
        for part in path:
            owner = getattr(owner, part)
        action = getattr(owner, name, None)
        if action is None:
            return

        @functools.wraps(action)
        def watched(*args, **more):
            self._count()
            self._running.append(stage)
            try:
                return action(*args, **more)
            finally:
                self._count()
                self._running.pop()

        setattr(owner, name, watched)


def make_scenes(task: dict) -> list[dict]:
    """Whole scenes, as `drop-clip scenes generate` makes them."""
    import mujoco  # noqa: F401 - imports are for a process, not for a scene
    import open3d  # noqa: F401
    import scipy.ndimage  # noqa: F401

    from drop_clip_ros.scenes.catalogue import load_catalogue
    from drop_clip_ros.scenes.generation_config import GenerationConfig
    from drop_clip_ros.scenes.scene_maker import SceneMaker
    from drop_clip_ros.scenes.viewpoints import DomeConfig

    width, height = task["size"]
    clock, rows = StageClock(SCENE_STAGES), []
    with tempfile.TemporaryDirectory() as folder:
        viewpoints = DomeConfig(width=width, height=height)
        config = GenerationConfig(Path(folder), len(task["scenes"]), task["views"], task["seed"], viewpoints=viewpoints)
        maker = SceneMaker(config, load_catalogue())
        for number in task["scenes"]:
            clock.restart()
            started = time.perf_counter()
            made = maker.make(number)
            seconds, stages = time.perf_counter() - started, clock.stop()
            files = [file for file in Path(folder).rglob("*") if file.is_file() and f"{number:06d}" in str(file)]
            megabytes = sum(file.stat().st_size for file in files) / 1e6
            rows.append({"seconds": seconds, "stages": stages, "objects": made.instances, "megabytes": megabytes})
    return rows


def fuse_scenes(task: dict) -> list[dict]:
    """Stored scenes as `drop-clip fuse` fuses them, or point by point; nothing is cached."""
    find_teacher = importlib.import_module("drop_clip_ros.cli.fuse").find_teacher  # not for the room: it is a script
    from drop_clip_ros.fusion import point_features, scene_features, scene_points, view_features
    from drop_clip_ros.fusion.feature_cache import FeatureCache
    from drop_clip_ros.fusion.informativeness import object_prompt
    from drop_clip_ros.language.registry import load_text_space
    from drop_clip_ros.scenes.storage import open_dataset

    def fastest(load):
        """Arguments that ask for the precision that the command has by default, where there is a choice."""
        return ["auto"] if "precision" in inspect.signature(load).parameters else []

    dataset = open_dataset(task["dataset"])
    clock, rows = StageClock(FUSION_STAGES), []
    images = find_teacher(task["teacher"], *fastest(find_teacher))
    space = load_text_space(images.text_space, *fastest(load_text_space.__wrapped__))
    fuser = scene_features.SceneFuser(images, space, scene_features.FusionConfig(), FeatureCache(None))

    def by_points(scene):
        points = scene_points.scene_points(scene)
        prompts = [
            object_prompt(space.encode(scene_features.object_texts(i.annotation, "open"))) for i in scene.instances
        ]
        texts = point_features.PointTexts(_numbers(scene), _stacked(prompts))
        views = view_features.SceneViews(scene, images)
        # Older checkouts know only all patches.
        partly = "everywhere" in inspect.signature(views.patches).parameters
        patches = views.patches(everywhere=False) if partly else views.patches()
        camera, weighting = scene.views[0].camera, point_features.PointWeighting(True, True)
        size = (camera.height, camera.width)
        point_features.fuse_point_features(points, patches, size, images.unit_rows, [weighting], texts)

    action = fuser.fuse if task["way"] == "objects" else by_points
    action(dataset[task["warm_up"]])
    for number in task["scenes"]:
        scene = dataset[number]
        clock.restart()
        started = time.perf_counter()
        action(scene)
        seconds = time.perf_counter() - started
        rows.append({"seconds": seconds, "stages": clock.stop(), "objects": len(scene.instances)})
    return rows


def _numbers(scene):
    import numpy

    return numpy.array([item.id for item in scene.instances])


def _stacked(rows):
    import numpy

    return numpy.stack(rows)


def main() -> None:
    """Do the task of the argument."""
    task = json.loads(sys.argv[1])
    import drop_clip_ros

    rows = make_scenes(task) if task["what"] == "scenes" else fuse_scenes(task)
    print(json.dumps({"package": str(Path(drop_clip_ros.__file__).parent), "rows": rows}))


if __name__ == "__main__":
    main()
