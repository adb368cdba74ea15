"""The whole way from a frame and a phrase to the named object's points. Read this first.

RGBDFrame -> TabletopCloud -> EncodedCloud -> EncodedScene -> Segmentation
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from drop_clip_ros.errors import BundleError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.tabletop import TabletopCloud, TabletopConfig, strip_table
from drop_clip_ros.grounding.evidence import ConceptBank, centred
from drop_clip_ros.grounding.instances import EMBEDDING_LINKS, InstanceConfig
from drop_clip_ros.grounding.merging import MergeModel
from drop_clip_ros.grounding.scene import EncodedScene, Grounding
from drop_clip_ros.grounding.second_look import SecondLook
from drop_clip_ros.grounding.verdict import VerdictModel
from drop_clip_ros.language.registry import load_text_space
from drop_clip_ros.language.tabletop_tower import load_tower
from drop_clip_ros.student.bundle import DEFAULT_MODEL, Bundle, read_bundle
from drop_clip_ros.student.student import EncodedCloud, EngineConfig, Student


class Segmenter:
    """A model that answers phrases about frames.

    Args:
        student: encodes clouds.
        grounding: turns phrases into answers.
        tabletop: how the table is stripped.
    """

    def __init__(self, student: Student, grounding: Grounding, tabletop: TabletopConfig | None = None) -> None:
        self.student, self.grounding, self.tabletop = student, grounding, tabletop or TabletopConfig()

    @classmethod
    def load(
        cls,
        model: str | Path = DEFAULT_MODEL,
        device: str = "auto",
        tabletop: TabletopConfig | None = None,
        second_look: bool = True,
        engine: EngineConfig | None = None,
    ) -> Segmenter:
        """Load a bundle by name or folder, the text space that it speaks and, unless told not to, its image tower.

        Args:
            model: name or folder.
            device: "cpu", "cuda" or "auto".
            tabletop: how the table is stripped.
            second_look: load the image tower, if the bundle uses it.
            engine: how the student's backbone is run; what suits the machine when absent.

        Raises:
            BundleError, LanguageError: the bundle or its text space cannot be had.
        """
        bundle = read_bundle(model)
        concepts = ConceptBank(centred(bundle.concepts, bundle.mean), bundle.concept_names)
        verdict = VerdictModel.from_json(bundle.manifest.get("verdict"))
        space = load_text_space(bundle.text_space, "auto")
        if space.dim != len(bundle.mean):
            raise BundleError(
                f"{bundle.folder}: text space {bundle.text_space} has {space.dim} dimensions, "
                f"wanted the student's {len(bundle.mean)}"
            )
        look = load_second_look(bundle) if second_look else None
        instances = instance_config(bundle.manifest)
        grounding = Grounding(bundle.name, space, bundle.mean, concepts, verdict, instances, look)
        return cls(Student(bundle, device, engine), grounding, tabletop)

    def encode(self, frame: RGBDFrame) -> EncodedScene:
        """Strip the table and run the student, once for any number of queries.

        Raises:
            SupportError: no table, or nothing on it.
        """
        started = time.perf_counter()
        tabletop = strip_table(frame, self.tabletop)
        stripped = time.perf_counter()
        cloud = self.encode_tabletop(tabletop)
        ended = time.perf_counter()
        timings = {"table": 1000 * (stripped - started), "student": 1000 * (ended - stripped)}
        scene = EncodedScene(tabletop, cloud, self.grounding, timings, frame.color)
        scene.voxel_instances, scene.pooled  # noqa: B018  made now, so that every query finds them
        return scene

    def encode_tabletop(self, tabletop: TabletopCloud) -> EncodedCloud:
        """Run the student alone, on points in the table's frame."""
        xyz = tabletop.plane.to_table(tabletop.points.xyz)
        xyz[:, 2] = tabletop.heights
        return self.student.encode(xyz, tabletop.points.rgb)


def instance_config(manifest: dict) -> InstanceConfig:
    """How a bundle's voxels are gathered: by its embedding if it has one, and with its merging if that was calibrated.

    Raises:
        BundleError: a merging that is none.
    """
    if not manifest.get("embedding_dim"):
        return InstanceConfig()
    merge = manifest.get("merge")
    return EMBEDDING_LINKS if merge is None else replace(EMBEDDING_LINKS, merge=MergeModel.from_json(merge))


def load_second_look(bundle: Bundle) -> SecondLook | None:
    """The image tower of a bundle whose manifest gives it a weight ("second_look"); None for one that does not.

    Raises:
        BundleError: the weight is none, or the tower is missing, broken or of another text space.
    """
    described = bundle.manifest.get("second_look")
    if not described:
        return None
    try:
        weight = float(described["weight"])
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{bundle.folder}: second_look is {described!r}, wanted a mapping with a weight") from error
    tower = load_tower(bundle.folder)
    if tower.text_space != bundle.text_space:
        raise BundleError(f"{bundle.folder}: its tower speaks {tower.text_space}, wanted {bundle.text_space}")
    return SecondLook(tower, weight)
