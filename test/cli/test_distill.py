"""`drop-clip distill` refuses before the training what would be refused, or forgotten, after it."""

import pytest

from drop_clip_ros.cli.main import main


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "no --validation"),
        (["--validation", "val", "--no-calibrate"], "--no-calibrate"),
        (["--validation", "val"], "there is no image tower nowhere"),
    ],
)
def test_tower_that_would_not_reach_the_bundle_is_refused_at_once(tmp_path, capsys, more, said):
    status = main(["distill", "train", "--out", str(tmp_path / "run"), "--steps", "1", "--tower", "nowhere", *more])
    error = capsys.readouterr().err
    assert status == 2
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("length", [("--steps", "0"), ("--minutes", "nan"), ("--epochs", "-1")])
def test_length_that_is_none_is_refused(tmp_path, capsys, length):
    status = main(["distill", "train", "--out", str(tmp_path / "run"), *length])
    error = capsys.readouterr().err
    assert status == 2
    assert f"{length[0]} is {length[1]}" in error
    assert not (tmp_path / "run").exists()
