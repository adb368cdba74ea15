"""Scenes made by Ray, a task a scene, on this machine or on a cluster whose machines share the dataset's folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Sequence
from typing import Any

from drop_clip_ros.errors import MissingDependencyError, SceneError
from drop_clip_ros.scenes.engines import scene_maker, with_absolute_paths
from drop_clip_ros.scenes.generation_config import GenerationConfig, scene_name
from drop_clip_ros.scenes.scene_maker import MadeScene


def make_by_ray(config: GenerationConfig, numbers: Sequence[int]) -> Generator[MadeScene, None, None]:
    """Make and store scenes by Ray.

    Args:
        config: what the dataset holds; `ray_address` names a running cluster, else one of `workers` cores is started
            here and stopped afterwards.
        numbers: of the scenes to be made.

    Raises:
        MissingDependencyError: without Ray.
        SceneError: no cluster at the address, or what a machine wrote does not show in the dataset's folder here.
    """
    if not numbers:
        return
    ray, own = _connect(config)
    absolute = with_absolute_paths(config)
    make = ray.remote(num_cpus=1, max_retries=3)(_make_scene)
    waiting = list(reversed(numbers))
    running: list[Any] = []
    # A few tasks ahead keep all cores busy; thousands would take long to cancel.
    ahead = 2 * max(int(ray.cluster_resources().get("CPU", 1)), 1)
    try:
        while waiting or running:
            while waiting and len(running) < ahead:
                running.append(make.remote(absolute, waiting.pop()))
            done, running = ray.wait(running, num_returns=1)
            host, scene = _result(ray, done[0])
            if not (config.out / scene_name(scene.number) / "scene.json").is_file():
                raise SceneError(
                    f"{host} wrote {scene_name(scene.number)} to {absolute.out}, but it is not there on this machine: "
                    "wanted --out in a folder that all machines of the cluster share under the same path"
                )
            yield scene
    finally:
        for task in running:
            ray.cancel(task, force=True)
        if own:
            ray.shutdown()


def _connect(config: GenerationConfig) -> tuple[Any, bool]:
    """Ray, and whether it was started here."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # A warning about a change of Ray's own that concerns tasks of graphics cards.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Workers started here run with our own priority; Ray would put them behind everything else.
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray
    except ImportError:
        raise MissingDependencyError("--engine ray needs Ray: pip install ray") from None
    if ray.is_initialized():
        return ray, False
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if not config.ray_address:
        ray.init(address="local", num_cpus=config.workers, include_dashboard=False, **options)
        return ray, True
    try:
        ray.init(address=config.ray_address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise SceneError(
            f"no Ray cluster at {config.ray_address!r} ({reason}): start one with `ray start --head` and give its "
            "address, or leave --ray-address out to use this machine alone"
        ) from None
    return ray, True


def _result(ray: Any, task: Any) -> tuple[str, MadeScene]:
    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:
        raise error.cause if isinstance(error.cause, Exception) else SceneError(str(error)) from None
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())[:300]
        raise SceneError(f"a Ray worker was lost ({reason}): run again, it goes on where it stopped") from None


def _make_scene(config: GenerationConfig, number: int) -> tuple[str, MadeScene]:
    """The task; returns the machine's name too."""
    return socket.gethostname(), scene_maker(config).make(number)
