"""Where scenes are made: in this process, in several, or by Ray on one or many machines."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue import load_catalogue
from drop_clip_ros.scenes.generation_config import GenerationConfig
from drop_clip_ros.scenes.scene_maker import MadeScene, SceneMaker

_DEATHS = 3  # times that workers may die without any scene being finished in between
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def make_scenes(config: GenerationConfig, numbers: Sequence[int]) -> Generator[MadeScene, None, None]:
    """Make and store scenes by the engine that the configuration names.

    Args:
        config: what the dataset holds; numbers: of the scenes to be made.

    Returns:
        Each scene as it is finished, in any order.

    Raises:
        SceneError: workers die again and again, or another machine's files do not show here.
    """
    if config.engine == "ray":
        from drop_clip_ros.scenes.ray_engine import make_by_ray

        return make_by_ray(config, numbers)
    if config.workers == 1 or len(numbers) < 2:
        return _make_here(config, numbers)
    return _make_by_processes(config, numbers)


@lru_cache(maxsize=1)
def scene_maker(config: GenerationConfig) -> SceneMaker:
    """The maker of a configuration, kept from scene to scene: its catalogue holds built objects.

    Meshes that nothing may be trained on are always of the test split, and are taken for it alone.
    """
    return SceneMaker(config, load_catalogue(config.catalogue, only_train_ok=config.split != "test"))


def _make_here(config: GenerationConfig, numbers: Sequence[int]) -> Generator[MadeScene, None, None]:
    maker = scene_maker.__wrapped__(config)  # not kept: the next dataset of this process may be another's
    return (maker.make(number) for number in numbers)


def _make_by_processes(config: GenerationConfig, numbers: Sequence[int]) -> Generator[MadeScene, None, None]:
    """Scenes by a pool of processes; one that dies, for want of memory say, is replaced and its scene made again."""
    pending, deaths = set(numbers), 0
    while pending:
        try:
            for scene in _make_by_pool(config, sorted(pending)):
                pending.discard(scene.number)
                deaths = 0
                yield scene
        except BrokenProcessPool:
            deaths += 1
            if deaths == _DEATHS:
                raise SceneError(
                    f"worker processes of {config.out} died {deaths} times, perhaps for want of memory: run again with "
                    "fewer workers; it goes on where it stopped"
                ) from None


def _make_by_pool(config: GenerationConfig, numbers: Sequence[int]) -> Generator[MadeScene, None, None]:
    context = get_context("spawn")
    leash, hand = context.Pipe(duplex=False)
    with _one_thread_each(), ProcessPoolExecutor(config.workers, context, _start_worker, (leash,)) as pool:
        futures = [pool.submit(_make_in_worker, config, number) for number in numbers]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            # Interrupted, or a scene failed: half-made scenes are dropped at once, not waited for.
            hand.close()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """One thread a process: the numerical libraries read this when a worker starts."""
    kept = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(kept, "1"))
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _start_worker(leash: Connection) -> None:
    """Leave Ctrl-C to the parent, and end when the parent lets go of the leash, also by dying."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        leash.poll(None)
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def _make_in_worker(config: GenerationConfig, number: int) -> MadeScene:
    return scene_maker(config).make(number)


def with_absolute_paths(config: GenerationConfig) -> GenerationConfig:
    """The same dataset for a process that may run in another folder."""
    parts = (part.strip() for part in config.catalogue.split("+"))
    catalogue = "+".join(
        part if part.split(":")[0] == "generated" else str(Path(part).expanduser().resolve()) for part in parts
    )
    return replace(config, out=config.out.resolve(), catalogue=catalogue)
