"""Words from a vision endpoint: a local stub stands for it, with its bad days."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.cli.main import main
from drop_clip_ros.errors import AnnotationError, ConfigError
from drop_clip_ros.scenes import annotate
from drop_clip_ros.scenes.annotate import annotate_by_endpoint
from drop_clip_ros.scenes.annotation_cost import estimate_cost
from drop_clip_ros.scenes.annotation_store import AnnotationRecord, AnnotationStore, read_annotations
from drop_clip_ros.scenes.catalogue import load_catalogue
from drop_clip_ros.scenes.vision_endpoint import EndpointConfig, EndpointRefusal, NoAnswer, VisionEndpoint

from .stub_vision_server import ANSWER, StubVisionServer

BOX = "\n".join(
    [f"v {0.05 * x} {0.05 * y} {0.1 * z}" for z in (0, 1) for y in (0, 1) for x in (0, 1)]
    + [f"f {side}" for side in ("1 3 4 2", "5 6 8 7", "1 2 6 5", "2 4 8 6", "4 3 7 8", "3 1 5 7")]
)
PICTURE = np.zeros((8, 8, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """A mesh folder of four things, one of them of a category that nobody knows."""
    for name in ("red_mug", "glass", "spoon", "gizmo"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mesh.obj").write_text(BOX)
        Image.new("RGB", (2, 2), (200, 0, 0)).save(tmp_path / name / "mesh.png")
    assert main(["scenes", "manifest", str(tmp_path), "--json"]) == 0
    return tmp_path


@pytest.fixture
def pictured(monkeypatch):
    """Pictures without rendering."""
    monkeypatch.setattr(annotate, "object_views", lambda item, count, size: [PICTURE] * count)


def endpoint(stub, **more):
    return VisionEndpoint(EndpointConfig(stub.url, "stub", **{"wait": 0.01, "timeout": 5.0, **more}))


def described(folder, stub, requests=1, **more):
    catalogue, store = load_catalogue(str(folder)), AnnotationStore(folder / "annotations.json")
    return annotate_by_endpoint(catalogue, catalogue.object_ids, store, endpoint(stub, **more), requests)


def test_ten_rendered_views_are_sent_and_the_words_go_before_those_of_names(folder, capsys):
    with StubVisionServer(key="secret") as stub:
        os.environ["STUB_KEY"] = "secret"
        command = ["scenes", "annotate", str(folder), "--endpoint", stub.url, "--model", "stub", "--yes"]
        status = main([*command, "--api-key-env", "STUB_KEY", "--picture-size", "64", "--limit", "1", "--json"])
    assert status == 0
    assert stub.pictures == [[(64, 64)] * 10]
    words = load_catalogue(str(folder)).annotation("gizmo")
    assert words.colors == ("red", "light blue")
    assert words.descriptions == ("the red gizmo with a blue stripe", "the small round thing")
    assert load_catalogue(str(folder)).build("gizmo").annotation == words
    assert load_catalogue(str(folder)).annotation("spoon").colors != words.colors


def test_known_categories_keep_their_names_and_classes(folder, pictured):
    with StubVisionServer() as stub:
        described(folder, stub)
    words = load_catalogue(str(folder)).annotation("red_mug")
    assert words.category == "mug"
    assert "tea mug" in words.names
    assert words.hypernyms == load_catalogue("generated").annotation("mug_00a").hypernyms


@pytest.mark.parametrize("trouble", [[429, 503, 500], ["garbage"], ["half"], ["empty", 429], ["prose"]])
def test_passing_trouble_is_outlived(folder, pictured, trouble):
    with StubVisionServer(script=trouble) as stub:
        report = described(folder, stub)
    assert (report.made, report.failed) == (4, {})
    assert len(stub.labels) == 4 + len(trouble)


def test_a_silent_endpoint_is_asked_again_after_the_timeout(folder, pictured):
    with StubVisionServer(script=["slow"], delay=60) as stub:
        report = described(folder, stub, timeout=0.5)
    assert report.made == 4
    assert stub.labels[0] == stub.labels[1]


@pytest.mark.parametrize(("script", "reason"), [(["prose", "prose"], "lacks Category"), (["length"], "--max-tokens")])
def test_an_object_that_gets_no_readable_answer_is_named_and_the_others_are_kept(folder, pictured, script, reason):
    with StubVisionServer(script=script) as stub:
        report = described(folder, stub)
    assert report.made == 3
    (name,) = report.failed
    assert reason in report.failed[name]
    with StubVisionServer() as stub:
        again = described(folder, stub)
    assert (again.made, again.kept, len(stub.labels)) == (1, 3, 1)


@pytest.mark.parametrize(("status", "advice"), [(401, "--api-key-env"), (404, "/v1"), (400, "as the script says")])
def test_refusals_end_the_run_at_once_and_keep_what_was_done(folder, pictured, status, advice):
    with StubVisionServer(script=["ok", status]) as stub, pytest.raises(EndpointRefusal, match=advice):
        described(folder, stub)
    assert len(stub.labels) == 2
    assert len(AnnotationStore(folder / "annotations.json").records) == 1


def test_an_endpoint_that_stays_silent_ends_the_run(folder, pictured):
    with StubVisionServer(script=[429] * 50) as stub, pytest.raises(AnnotationError, match="in a row"):
        described(folder, stub, attempts=2)
    assert len(stub.labels) == 4


def test_nobody_at_the_address_is_said(folder):
    config = EndpointConfig("http://127.0.0.1:9/v1", "stub", attempts=2, wait=0.01)
    with pytest.raises(NoAnswer, match=r"127\.0\.0\.1:9.*2 attempts.*refused"):
        VisionEndpoint(config).ask("what is it", [PICTURE])


def test_several_requests_run_at_once(folder, pictured):
    with StubVisionServer(script=["gathered"] * 4) as stub:
        described(folder, stub, requests=3, timeout=120.0)
    assert stub.most_at_once == 3


PROGRAM = """
import sys, numpy
from drop_clip_ros.cli.main import main
from drop_clip_ros.scenes import annotate
annotate.object_views = lambda item, count, size: [numpy.zeros((8, 8, 3), numpy.uint8)]
sys.exit(main(sys.argv[1:]))
"""


def test_a_run_killed_in_the_middle_asks_for_nothing_twice(folder):
    command = ["-c", PROGRAM, "scenes", "annotate", str(folder), "--model", "stub", "--yes"]
    with StubVisionServer(script=["ok", "ok", "slow"], delay=60) as stub:
        command += ["--endpoint", stub.url, "--requests", "1"]
        process = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 240
        while len(stub.labels) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        lines = folder / "annotations.json.lines"
        lines.write_text(lines.read_text() + '{"id": "gizmo", "annot')
        assert subprocess.run([sys.executable, *command], stderr=subprocess.DEVNULL).returncode == 0
    assert sorted(stub.answered) == sorted({*stub.answered})
    assert len(stub.labels) == 5
    assert set(read_annotations(folder / "annotations.json")) == {"red_mug", "glass", "spoon", "gizmo"}
    assert not lines.exists()


def test_templates_write_the_same_form_and_give_way_to_an_endpoint(folder, pictured, capsys):
    out = folder / "words.json"
    assert main(["scenes", "annotate", str(folder), "--engine", "templates", "--out", str(out), "--json"]) == 0
    records, catalogue = read_annotations(out), load_catalogue(str(folder))
    assert {key: record.annotation for key, record in records.items()} == {
        key: catalogue.annotation(key) for key in catalogue.object_ids
    }
    assert records["red_mug"].response.startswith("**Category:** mug\n**Color:** red\n")
    with StubVisionServer() as stub:
        report = annotate_by_endpoint(catalogue, catalogue.object_ids, AnnotationStore(out), endpoint(stub))
    assert report.made == 4
    assert {record.source for record in read_annotations(out).values()} == {"stub"}


def test_the_cost_is_shown_and_nothing_is_sent_without_consent(folder, capsys, monkeypatch):
    with StubVisionServer() as stub:
        command = ["scenes", "annotate", str(folder), "--endpoint", stub.url, "--model", "stub"]
        assert main([*command, "--price-in", "2.5", "--price-out", "10"]) == 2
    shown = capsys.readouterr().err
    assert "4 objects, 10 pictures each" in shown
    assert "--yes" in shown
    assert stub.labels == []


def test_the_estimate_counts_pictures_prompt_and_answers():
    cost = estimate_cost(100, "x" * 400, 10, 255, 2.5, 10.0)
    assert cost.tokens_in == 100 * (100 + 2550)
    assert cost.price == pytest.approx((cost.tokens_in * 2.5 + cost.tokens_out * 10) / 1e6)
    assert estimate_cost(100, "x", 10, 255).price is None


def test_records_survive_in_lines_until_they_are_joined(tmp_path):
    record = AnnotationRecord.from_json({"annotation": {"category": "cup", "names": ["cup"]}, "response": ANSWER})
    store = AnnotationStore(tmp_path / "a.json")
    store.add("one", record)
    assert AnnotationStore(tmp_path / "a.json").records == {"one": record}
    store.close()
    assert read_annotations(tmp_path / "a.json") == {"one": record}
    assert json.loads((tmp_path / "a.json").read_text())["format"] == "drop-clip-annotations/1"


@pytest.mark.parametrize("content", ["[]", "{", '{"format": "other", "objects": {}}'])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "annotations.json").write_text(content)
    with pytest.raises(AnnotationError, match=r"annotations\.json"):
        AnnotationStore(tmp_path / "annotations.json")


@pytest.mark.parametrize("bad", [{"url": "localhost:8000"}, {"model": ""}, {"attempts": 0}])
def test_impossible_endpoints_are_refused(bad):
    with pytest.raises(ConfigError, match="vision endpoint"):
        EndpointConfig(**{"url": "http://localhost/v1", "model": "m", **bad})
