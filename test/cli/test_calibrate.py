"""`drop-clip calibrate` refuses what it cannot fit before it looks at a scene."""

import pytest

from drop_clip_ros.cli.main import main


@pytest.mark.parametrize("given", [("--refuse", "nan"), ("--refuse", "2"), ("--views", "0")])
def test_impossible_share_or_number_is_refused(capsys, given):
    status = main(["calibrate", "nowhere", "--model", "nowhere", *given])
    error = capsys.readouterr().err
    assert status == 2
    assert f"{given[0]} is {given[1]}" in error
