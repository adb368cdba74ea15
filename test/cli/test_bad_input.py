"""Bad input through the command line: exit 2 and one line that names the thing, what was seen and what is wanted."""

import json
import shutil

import numpy as np
import pytest
import yaml
from PIL import Image

from drop_clip_ros.cli.main import main


@pytest.fixture
def refused(capsys, tmp_path, bundle_on_disk):
    """Runs `segment` on a frame and gives the one line on standard error, after checking that it is one line and 2."""

    def run(frame, *more, model=bundle_on_disk):
        words = frame.words("--query", "red box", "--model", str(model), "--out", str(tmp_path / "out"), *more)
        status = main(words)
        printed = capsys.readouterr()
        assert status == 2
        assert printed.out == ""
        assert printed.err.startswith("drop-clip: error: ")
        assert printed.err.count("\n") == 1
        assert not (tmp_path / "out").exists()
        return printed.err

    return run


def depth_file(folder, values):
    """A depth image of given values, whatever their type."""
    path = folder / "other_depth.png"
    Image.fromarray(values).save(path)
    return path


def stored_depth(frame):
    return np.asarray(Image.open(frame.depth))


def changed_intrinsics(folder, frame, **changes):
    """The frame's intrinsics with some keys changed; a key set to None is left out."""
    values = json.loads(frame.intrinsics.read_text()) | changes
    path = folder / "other_camera.json"
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
    return path


@pytest.mark.parametrize("name", ["color", "depth", "intrinsics"])
def test_missing_file(refused, frame_on_disk, tmp_path, name):
    line = refused(frame_on_disk.but(**{name: tmp_path / "nowhere.png"}))
    assert "nowhere.png: no such file" in line


@pytest.mark.parametrize("name", ["color", "depth"])
def test_unreadable_image(refused, frame_on_disk, tmp_path, name):
    whole = getattr(frame_on_disk, name).read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    assert "half.png: cannot be read" in refused(frame_on_disk.but(**{name: tmp_path / "half.png"}))


def test_text_in_the_place_of_an_image(refused, frame_on_disk, tmp_path):
    (tmp_path / "notes.png").write_text("no image")
    assert "wanted a readable image file" in refused(frame_on_disk.but(color=tmp_path / "notes.png"))


def test_colour_and_depth_of_different_sizes(refused, frame_on_disk, tmp_path):
    smaller = depth_file(tmp_path, stored_depth(frame_on_disk)[::2, ::2])
    line = refused(frame_on_disk.but(depth=smaller))
    assert "320x240" in line
    assert "160x120" in line


def test_8_bit_depth(refused, frame_on_disk, tmp_path):
    picture = depth_file(tmp_path, (stored_depth(frame_on_disk) // 10).astype(np.uint8))
    assert "depth image is uint8" in refused(frame_on_disk.but(depth=picture))


def test_depth_in_another_unit_names_the_scale(refused, frame_on_disk, tmp_path):
    tenths = depth_file(tmp_path, stored_depth(frame_on_disk) * 10)
    assert "pass --depth-scale 0.0001" in refused(frame_on_disk.but(depth=tenths))
    assert "pass --depth-scale 0.001" in refused(frame_on_disk, "--depth-scale", "1")


def test_depth_without_any_reading(refused, frame_on_disk, tmp_path):
    nothing = depth_file(tmp_path, np.zeros_like(stored_depth(frame_on_disk)))
    assert "depth image has no reading" in refused(frame_on_disk.but(depth=nothing))


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"fx": None}, "missing fx"),
        ({"fy": "wide"}, "fy is 'wide'"),
        ({"width": 640, "height": 480, "cx": 320.0, "cy": 240.0}, "640x480"),
        ({"fx": -280.0}, "fx is -280"),
        ({"cx": 900.0}, "cx is 900"),
    ],
)
def test_intrinsics_that_cannot_be(refused, frame_on_disk, tmp_path, changes, wanted):
    assert wanted in refused(frame_on_disk.but(intrinsics=changed_intrinsics(tmp_path, frame_on_disk, **changes)))


def test_no_plane(refused, frame_on_disk, tmp_path):
    noise = np.random.default_rng(0).integers(400, 1600, stored_depth(frame_on_disk).shape)
    line = refused(frame_on_disk.but(depth=depth_file(tmp_path, noise.astype(np.uint16))))
    assert "wanted a" in line


def test_an_empty_table(refused, empty_table_on_disk):
    assert "nothing stands on the support plane" in refused(empty_table_on_disk)


def test_unknown_model_lists_the_known_ones(refused, frame_on_disk, bundle_on_disk, monkeypatch):
    monkeypatch.setenv("DROP_CLIP_MODELS", str(bundle_on_disk.parent))
    line = refused(frame_on_disk, model="tabletop-huge")
    assert "'tabletop-huge'" in line
    assert "by-lot" in line


@pytest.fixture
def damaged(bundle_on_disk, tmp_path):
    """A copy of the bundle, to be damaged."""
    return shutil.copytree(bundle_on_disk, tmp_path / "damaged")


@pytest.mark.parametrize("name", ["model.yaml", "student.safetensors"])
def test_bundle_without_one_of_its_files(refused, frame_on_disk, damaged, name):
    (damaged / name).unlink()
    assert name in refused(frame_on_disk, model=damaged)


def test_truncated_bundle(refused, frame_on_disk, damaged):
    weights = damaged / "student.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert "truncated" in refused(frame_on_disk, model=damaged)


def _rewrite(bundle, **changes):
    path = bundle / "model.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def test_bundle_of_an_unknown_text_space(refused, frame_on_disk, damaged):
    _rewrite(damaged, text_space="esperanto")
    line = refused(frame_on_disk, model=damaged)
    assert "'esperanto'" in line
    assert "minilm-l6-v2" in line


def test_bundle_of_a_text_space_with_another_dimension(refused, frame_on_disk, damaged, tmp_path):
    np.savez(tmp_path / "table.npz", names=np.array(["red box"]), vectors=np.ones((1, 8), np.float32))
    _rewrite(damaged, text_space=f"table:{tmp_path / 'table.npz'}")
    line = refused(frame_on_disk, model=damaged)
    assert "384" in line
    assert "8" in line


def test_bundle_of_another_architecture(refused, frame_on_disk, damaged):
    _rewrite(damaged, architecture="MinkUNet34C")
    assert "weights do not fit MinkUNet34C" in refused(frame_on_disk, model=damaged)


@pytest.mark.parametrize(
    ("phrase", "wanted"), [("", "empty"), ("x" * 10_000, "10,000 characters"), ("кружка", "English")]
)
def test_phrase_that_cannot_be_encoded(refused, frame_on_disk, phrase, wanted):
    assert wanted in refused(frame_on_disk, "--query", phrase)


def test_threshold_that_is_no_probability(refused, frame_on_disk):
    assert "threshold is 1.5" in refused(frame_on_disk, "--threshold", "1.5")


def test_a_gpu_that_is_not_there(refused, frame_on_disk, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "device is cuda" in refused(frame_on_disk, "--device", "cuda")


def test_a_file_where_the_answers_should_go(frame_on_disk, bundle_on_disk, tmp_path, capsys):
    (tmp_path / "taken").write_text("mine")
    words = frame_on_disk.words("--query", "red box", "--model", str(bundle_on_disk), "--out", str(tmp_path / "taken"))
    assert main(words) == 2
    assert "taken" in capsys.readouterr().err
    assert (tmp_path / "taken").read_text() == "mine"
