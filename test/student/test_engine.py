"""Every engine against the network as it was trained, on the student that is shipped."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import drop_clip_ros
from drop_clip_ros.errors import ConfigError
from drop_clip_ros.frame_files import read_frame_folder
from drop_clip_ros.geometry.tabletop import strip_table
from drop_clip_ros.sparse import backends, tensor
from drop_clip_ros.sparse.native_library import native_precisions
from drop_clip_ros.student.bundle import read_bundle
from drop_clip_ros.student.engine import PlainEngine, TorchEngine, load_engine
from drop_clip_ros.student.network import StudentNetwork
from drop_clip_ros.student.student import EngineConfig, Student

LOWEST_COSINE = {"float32": 0.999999, "bfloat16": 0.999, "int8": 0.997}


@cache
def demo_cloud() -> tuple[np.ndarray, np.ndarray]:
    """Points above the table of the frame that comes along, table frame, and their colours."""
    frame = read_frame_folder(Path(drop_clip_ros.__file__).parent / "demo_frame")
    tabletop = strip_table(frame)
    xyz = tabletop.plane.to_table(tabletop.points.xyz)
    xyz[:, 2] = tabletop.heights
    return xyz, tabletop.points.rgb


def student(precision: str, backend: str) -> Student:
    return Student(read_bundle("tabletop-small"), "cpu", EngineConfig(precision, 1, backend))


@cache
def plain_features() -> np.ndarray:
    plain = student("float32", "torch")
    network = StudentNetwork("MinkUNet14A", 6, 384, embedding_dim=8)
    network.load_state_dict(read_bundle("tabletop-small").tensors)
    plain.engine = PlainEngine(network)
    return plain.encode(*demo_cloud()).features


def centred_cosine(found: np.ndarray, wanted: np.ndarray) -> float:
    a, b = found - wanted.mean(axis=0), wanted - wanted.mean(axis=0)
    return float(((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).mean())


@pytest.mark.parametrize(
    ("precision", "backend"),
    [("float32", "torch"), ("bfloat16", "torch"), ("float32", "native"), ("bfloat16", "native"), ("int8", "native")],
)
def test_trained_features_stay_what_they_are(precision, backend):
    if backend == "native" and precision not in native_precisions():
        pytest.skip(f"no native operators here for {precision}")
    found = student(precision, backend).encode(*demo_cloud()).features
    assert centred_cosine(found, plain_features()) >= LOWEST_COSINE[precision]


def test_without_native_operators_torch_does_the_work_silently(monkeypatch, recwarn):
    monkeypatch.setattr("drop_clip_ros.sparse.native_library.native_library", lambda: None)
    engine = load_engine(StudentNetwork("MinkUNet14A", 3, 8))
    assert isinstance(engine, TorchEngine)
    assert not recwarn.list


@pytest.mark.parametrize("kind", [PlainEngine, lambda network: TorchEngine(network, "float32", "cpu")])
def test_what_others_are_compared_with_is_computed_by_torch_alone(kind, monkeypatch):
    def other(*_):
        raise AssertionError("torch was asked for")

    engine = kind(StudentNetwork("MinkUNet14A", 3, 8))
    for name in ("native", "triton"):
        monkeypatch.setitem(backends._BACKENDS, name, None)  # cannot be opened
    monkeypatch.setattr(backends, "is_installed", lambda name: True)
    monkeypatch.setattr(tensor, "native_kernel_map", other)
    backends.backend.cache_clear()
    rows = engine.backbone(np.argwhere(np.ones((3, 3, 1))), np.ones((9, 3), np.float32))
    assert rows.shape == (9, 96)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"precision": "float8"}, "precision is 'float8', wanted auto, float32, bfloat16, int8"),
        ({"backend": "minkowski"}, "backend is 'minkowski', wanted auto, native, torch, triton"),
        ({"threads": 0}, "threads is 0, wanted 1 to 1024"),
        ({"backend": "triton"}, "wanted native or torch"),
        ({"backend": "torch", "precision": "int8"}, "int8, which needs the native operators"),
    ],
)
def test_engines_that_cannot_be_had_are_refused(options, wanted):
    with pytest.raises(ConfigError, match=wanted):
        load_engine(StudentNetwork("MinkUNet14A", 3, 8), **options)


def test_the_threads_of_torch_are_taken_unless_told_otherwise(monkeypatch):
    if not native_precisions():
        pytest.skip("no native operators here")
    network, coordinates = StudentNetwork("MinkUNet14A", 3, 8), np.zeros((1, 3), np.int64)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    for told, wanted in ((None, 3), (2, 2)):
        engine = load_engine(network, threads=told)
        engine.backbone(coordinates, np.zeros((1, 3), np.float32))
        assert engine.network.threads == wanted
