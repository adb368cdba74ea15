"""The studies of fusion on a flat scene of three coloured squares and a teacher that sees nothing but colours."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.cli.main import main
from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.fusion_ablations import (
    OBJECT_WISE,
    POINT_WISE,
    informativeness_report,
    measure_informativeness,
    measure_prompts,
    measure_views,
    plot_views,
    prompts_report,
    views_report,
)
from drop_clip_ros.evaluation.fusion_study import FusionStudy, StudyConfig, StudyScene
from drop_clip_ros.evaluation.fusion_tables import (
    DROP_CLIP,
    MASK_CLIP,
    OBJECT_G,
    POINT_V,
    fusion_report,
    measure_fusion,
    plot_fusion,
)
from drop_clip_ros.evaluation.table_report import Report
from drop_clip_ros.fusion.feature_cache import FeatureCache
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.expressions import scene_expressions
from drop_clip_ros.scenes.storage import Instance, Scene, View, open_dataset
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

COLORS = {"cube": (200, 20, 20), "ball": (20, 200, 20), "cone": (20, 20, 200)}
CAMERA = PinholeCamera(100.0, 100.0, 39.5, 29.5, 80, 60)
DOWN = np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 1], [0, 0, 0, 1]])


def write_views(writer):
    """Three squares of 18 x 18 cm on a floor, seen from 1 m above, the camera moved by 1 cm from view to view."""
    for number in range(4):
        pose = DOWN.copy()
        pose[0, 3] = 0.01 * number
        v, u = np.mgrid[:60, :80]
        x, y = (u - 39.5) / 100 + pose[0, 3], -(v - 29.5) / 100
        mask = np.zeros((60, 80), np.uint8)
        for place, middle in enumerate((-0.24, 0.0, 0.24), start=1):
            mask[(abs(x - middle) < 0.09) & (abs(y) < 0.09)] = place
        palette = np.array([(90, 90, 90), *COLORS.values()], np.uint8)
        found = writer.write_view(f"view_{number:03}", palette[mask], np.ones((60, 80), np.float32), mask)
        yield View(f"view_{number:03}", CAMERA, pose, found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flat")
    write_dataset_info(folder, {"scenes": 1})
    said = {
        place: ObjectAnnotation(name, (name,), (), affordances=(f"some {name}",))
        for place, name in enumerate(COLORS, start=1)
    }
    objects = tuple(Instance(place, f"{item.category}_1", item, np.eye(4)) for place, item in said.items())
    writer = SceneWriter(folder, "scene_000000")
    views = tuple(write_views(writer))
    writer.finish(Scene("scene_000000", 7, "test", objects, views, tuple(scene_expressions(said))))
    return folder


class Texts:
    name, dim = "colors", 3

    def encode(self, texts):
        rows = np.array([[0.2 + (name in text) for name in COLORS] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Colors:
    """Every picture as the mean colour of its coloured pixels, every patch as its mean colour."""

    name, dim, text_space = "colors", 3, "colors"

    def encode_images(self, images):
        pixels = [image.reshape(-1, 3).astype(np.float32) for image in images]
        return self.unit_rows([row[np.ptp(row, axis=1) > 40].mean(axis=0) for row in pixels])

    def encode_patches(self, images):
        return np.array(images, np.float32).reshape(len(images), 30, 2, 40, 2, 3).mean(axis=(2, 4))

    def unit_rows(self, rows):
        rows = np.asarray(rows, np.float32)
        return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.fixture
def study(folder, tmp_path):
    return FusionStudy(open_dataset(folder), Colors(), Texts(), FeatureCache(tmp_path / "c"), StudyConfig(center="off"))


def test_a_teacher_that_tells_all_objects_apart_finds_them_all(study, tmp_path):
    report = fusion_report(study, measure_fusion(study))
    fusion, bounds = report.tables[:2]
    assert fusion.value(OBJECT_G, "mIoU") == 100.0
    assert bounds.value((DROP_CLIP, "all"), "sem. mIoU") == 100.0
    # Patches at the squares' edges are half floor, so single points are found almost all, and never wrongly.
    assert 60 < fusion.value(POINT_V, "mIoU ρ⁺ > P⁻") <= 100
    assert bounds.value((MASK_CLIP, "1"), "mIoU") is not None
    assert report.counts == {"scenes": 1, "queries": 6}
    assert Report.from_json(report.to_json()).markdown() == report.markdown()
    plot_fusion(report, tmp_path / "fusion.png")
    assert (tmp_path / "fusion.png").stat().st_size > 1000


def test_a_second_study_finds_all_features_and_the_same_figures(study, folder, tmp_path):
    first = [table.markdown() for table in fusion_report(study, measure_fusion(study)).tables]
    cache = FeatureCache(tmp_path / "c")
    again = FusionStudy(open_dataset(folder), Colors(), Texts(), cache, study.config)
    assert [table.markdown() for table in fusion_report(again, measure_fusion(again)).tables] == first
    assert cache.made == 0


def test_ablations_have_the_papers_rows(study):
    prompts = prompts_report(study, measure_prompts(study)).tables[0]
    assert sum(row[0] is not None for row in prompts.paper.values()) == 12
    assert prompts.value(("crop-mask", "1", ""), "mIoU") == 100.0
    informativeness = informativeness_report(study, measure_informativeness(study)).tables[0]
    assert len(informativeness.rows) == 8
    assert informativeness.value(("open", "max", "scene"), "informative views") == 100.0


def test_views_are_added_one_after_the_other(study, tmp_path):
    report = views_report(study, measure_views(study, (1, 4)), (1, 4))
    assert list(report.tables[0].rows) == [(w, n) for w in (POINT_WISE, OBJECT_WISE) for n in ("1", "4")]
    assert report.tables[0].value((OBJECT_WISE, "4"), "mIoU") == 100.0
    plot_views(report, tmp_path / "views.png")
    assert (tmp_path / "views.png").stat().st_size > 1000


def test_all_views_one_by_one_are_the_fusion_of_table_2(study):
    from drop_clip_ros.fusion.point_features import PointWeighting

    scene = StudyScene(study, study.dataset[0], 0)
    whole, stepwise = (scene.point_fusion([PointWeighting(True, True)]) for _ in range(2))
    whole.add(range(4))
    for view in (3, 1, 0, 2):
        stepwise.add([view])
    np.testing.assert_allclose(stepwise.features()[0][0], whole.features()[0][0], atol=1e-5)


def test_a_thinned_cloud_keeps_labels_and_visibility_together(study):
    thin = StudyScene(study, study.dataset[0], 0, points=100).cloud
    full = StudyScene(study, study.dataset[0], 0, points=0).cloud
    assert len(thin) == 100 < len(full)
    place = {tuple(xyz): row for row, xyz in enumerate(full.xyz)}
    rows = [place[tuple(xyz)] for xyz in thin.xyz]
    assert np.array_equal(thin.label, full.label[rows])
    assert np.array_equal(thin.visible, full.visible[:, rows])


def test_settings_that_make_no_sense_are_refused(study):
    with pytest.raises(ConfigError, match="0 scenes"):
        replace(study.config, scenes=0)
    other = Texts()
    other.name = "others"
    with pytest.raises(ConfigError, match="is of the space 'colors'"):
        FusionStudy(study.dataset, Colors(), other, FeatureCache(None), study.config)


def test_a_teacher_that_is_not_there_is_one_line(folder, capsys):
    assert main(["evaluate", "views", "--data", str(folder), "--teacher", "nobody"]) == 2
    assert "'nobody' is unknown" in capsys.readouterr().err
