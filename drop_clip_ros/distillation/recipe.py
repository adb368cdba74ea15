"""The switches of a training run and their types; `recipe_files` reads the recipes of config/distill/ into them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from drop_clip_ros.errors import ConfigError


@dataclass(frozen=True)
class Augmentation:
    """What is done to a cloud before the student sees it.

    Lengths are in scaled units (metres times ten) where DROP-CLIP's Table 7 gives them so; colours in [0, 1]. The
    granularity of the elastic distortion alone is taken in metres: in scaled units its grid of 1 to 3 cm would tear a
    mug apart, where the room scans that these constants come from were bent. Chances are in [0, 1]. Defaults are those
    of config/distill/small.yaml, which explains each.
    """

    rotate_z_max: float = 3.1416
    rotate_xy_max: float = 0.0
    rotate_chance: float = 1.0
    flip_chance: float = 0.5
    flip_y_chance: float = 0.0
    scale_min: float = 0.9
    scale_max: float = 1.12
    shift_std: float = 0.0
    height_std: float = 0.03
    jitter_max: float = 0.015
    elastic_chance: float = 0.0
    elastic_granularity: tuple[float, float] = (0.1, 0.3)
    elastic_magnitude: tuple[float, float] = (0.4, 0.8)
    blobs_per_object: tuple[int, int] = (0, 0)
    blob_points: tuple[int, int] = (50, 101)
    thin_chance: float = 0.35
    side_cut_chance: float = 0.15
    subset_chance: float = 0.3
    auto_contrast_chance: float = 0.0
    color_shift_max: float = 0.05
    color_gain_std: float = 0.15
    white_balance_std: float = 0.07
    saturation_min: float = 0.6
    saturation_max: float = 1.5
    gamma_min: float = 0.75
    gamma_max: float = 1.3
    hue_max: float = 0.01
    color_jitter_std: float = 0.02
    color_jitter_varies: bool = True


@dataclass(frozen=True)
class Recipe:
    """A whole training run.

    Args:
        views: "full" (all views of a scene fused), "partial" (one to `max_views` random views) or "single".
        target: "fused" (the teacher's features, eq. 5), "annotation" (weighted mean of the object's phrases), or
            "mean" of both.
        loss_voxels: voxels of a batch that enter the losses; contrastive_voxels: how many of them are compared with all
            concepts (with all 3000 the comparison takes a sixth of the step).
        center_targets: subtract the catalogue's mean target before normalising.
        cosine_weight, contrastive_weight, object_weight, phrase_weight, offset_weight, embedding_weight: weights of the
            losses; 0 leaves one out.
        embedding_dim: of the head that tells touching objects apart; pairs: of voxels of a cloud that it learns from.
        temperature: of the contrastive losses.
        duplicate_cosine: catalogue targets nearer than this to the true one are no negatives.
        supervised_contrastive_weight, triplet_weight, triplet_margin, auxiliary_voxels: the paper's auxiliary losses
            (A.2), over so many voxels of a batch.
        gradients: type in which processes exchange them, "float32" or "bfloat16" (half the message).
        sync_batch_norm: several processes normalise by the statistics of all their voxels.
        epochs: length of a run whose caller names none; 0 asks the caller.

    Defaults are those of config/distill/small.yaml.
    """

    name: str = "small"
    architecture: str = "MinkUNet14A"
    views: str = "single"
    max_views: int = 3
    batch_size: int = 3
    max_points: int = 60000
    max_voxels: int = 4000
    loss_voxels: int = 3000
    contrastive_voxels: int = 1000
    center: str = "footprint"
    color: str = "signed"
    target: str = "annotation"
    center_targets: bool = True
    cosine_weight: float = 1.0
    contrastive_weight: float = 0.25
    object_weight: float = 0.25
    phrase_weight: float = 0.25
    offset_weight: float = 0.15
    embedding_weight: float = 0.0
    embedding_dim: int = 8
    pairs: int = 4000
    supervised_contrastive_weight: float = 0.0
    triplet_weight: float = 0.0
    triplet_margin: float = 0.2
    auxiliary_voxels: int = 512
    temperature: float = 0.07
    duplicate_cosine: float = 0.9
    learning_rate: float = 2.5e-3
    min_learning_rate: float = 2.5e-5
    schedule: str = "hold-decay"
    warmup_steps: int = 100
    weight_decay: float = 1e-3
    clip_norm: float = 5.0
    batch_norm_momentum: float = 0.05
    average_decay: float = 0.998
    bfloat16: bool = True
    sync_batch_norm: bool = False
    gradients: str = "bfloat16"
    epochs: float = 0.0
    augmentation: Augmentation = Augmentation()

    def __post_init__(self) -> None:
        choices = {
            "views": ("full", "partial", "single"),
            "target": ("fused", "annotation", "mean"),
            "schedule": ("hold-decay", "cosine"),
            "center": ("footprint", "centroid"),
            "color": ("signed", "unit"),
            "gradients": ("float32", "bfloat16"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(f"recipe: {name} is {getattr(self, name)!r}, wanted one of {', '.join(allowed)}")

    def to_json(self) -> dict:
        """Plain values, for model.yaml and checkpoints."""
        return asdict(self)
