"""The options of `drop-clip scenes generate`."""

import argparse

import pytest

from drop_clip_ros.cli import scenes_generate
from drop_clip_ros.errors import ConfigError


def test_size_is_width_by_height():
    assert scenes_generate.parse_size("320x240") == (320, 240)


@pytest.mark.parametrize("text", ["640", "640x", "axb", "8x8", "640x480x3"])
def test_other_sizes_are_refused(text):
    with pytest.raises(ConfigError, match="--size"):
        scenes_generate.parse_size(text)


def test_recorded_command_makes_the_same_scenes():
    parser = argparse.ArgumentParser()
    scenes_generate.add_arguments(parser)
    given = ["--out", "d", "--seed", "3", "--elevation", "30", "60", "--include", "mug_00a", "--split", "val"]
    args = parser.parse_args(given)
    words = scenes_generate._command_line(args).split()[3:]
    again = parser.parse_args(["--out", "d", *words])
    assert vars(again) == {**vars(args), "objects": list(args.objects)}
