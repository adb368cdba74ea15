"""What a generated dataset shall hold, and how it is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.scenes.placement import PlacementConfig
from drop_clip_ros.scenes.viewpoints import ViewpointConfig

SPLITS = ("train", "val", "test")
ENGINES = ("processes", "ray")


@dataclass(frozen=True)
class GenerationConfig:
    """What a dataset holds.

    Args:
        out: its folder; scenes: how many; views: of each; seed: of scene 0, the others count up.
        workers: scenes made at once; catalogue: as `load_catalogue` names it; split: of its objects, or "" for all.
        objects: least and greatest number that are dropped.
        include: ids of objects that are dropped in every scene, whatever their split; chance adds the others.
        placement, viewpoints: how objects stand and cameras look.
        command: the command line that made it, for the record.
        engine: "processes" of this machine, or "ray".
        ray_address: of a running Ray cluster ("auto", "host:6379", "ray://host:10001"); "" starts one here.
    """

    out: Path
    scenes: int
    views: int = 8
    seed: int = 0
    workers: int = 1
    catalogue: str = "generated"
    split: str = "train"
    objects: tuple[int, int] = (4, 12)
    include: tuple[str, ...] = ()
    placement: PlacementConfig = field(default_factory=PlacementConfig)
    viewpoints: ViewpointConfig = field(default_factory=ViewpointConfig)
    command: str = ""
    engine: str = "processes"
    ray_address: str = ""

    def __post_init__(self) -> None:
        for name in ("scenes", "views", "workers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"scene generation: {name} is {getattr(self, name)}, wanted at least 1")
        if self.split not in ("", *SPLITS):
            raise ConfigError(f"scene generation: split is {self.split!r}, wanted one of {', '.join(SPLITS)}")
        if not 1 <= self.objects[0] <= self.objects[1] <= 250:
            raise ConfigError(f"scene generation: objects is {self.objects}, wanted 1 <= least <= greatest <= 250")
        if self.engine not in ENGINES:
            raise ConfigError(f"scene generation: engine is {self.engine!r}, wanted one of {', '.join(ENGINES)}")
        if self.ray_address and self.engine != "ray":
            raise ConfigError(f"scene generation: a Ray address is given, but engine is {self.engine!r}, wanted 'ray'")

    def recipe(self) -> dict:
        """What must be equal for two runs to make the same scenes."""
        recipe = {
            "seed": self.seed,
            "views": self.views,
            "catalogue": self.catalogue,
            "split": self.split,
            "objects": list(self.objects),
            "placement": asdict(self.placement),
            "viewpoints": asdict(self.viewpoints),
        }
        return {**recipe, "include": list(self.include)} if self.include else recipe


def scene_name(number: int) -> str:
    """Folder name of the scene with a number."""
    return f"scene_{number:06d}"
