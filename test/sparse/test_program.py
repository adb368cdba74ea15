from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.sparse.program import Buffer, Layer, Map, Place, Program, check_program


def layer(kind: Map, volume: int, level: int, source: Place, target: Place, **more) -> Layer:
    return Layer(np.zeros((volume, 4, 4), np.float32), np.zeros(4, np.float32), kind, level, source, target, **more)


DOWN, UP = layer(Map.DOWN, 8, 0, Place(0), Place(1)), layer(Map.UP, 8, 0, Place(1), Place(2, 2))
SOUND = Program((DOWN, UP), (Buffer(0, 4), Buffer(1, 4), Buffer(0, 6)))


def test_layers_that_find_their_channels_pass():
    check_program(SOUND, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (replace(UP, target=Place(2, 3)), "uses 4 channels from 3 of buffer 2"),
        (replace(UP, target=Place(3)), "of buffer 3"),
        (replace(UP, target=Place(2, -1)), "channels from -1"),
        (replace(UP, source=Place(0)), "wanted them there, at level 1"),
        (replace(UP, residual=Place(1)), "wanted them there, at level 0"),
        (replace(UP, kernel=np.zeros((27, 4, 4), np.float32)), r"kernel \(27, 4, 4\)"),
        (replace(UP, bias=np.zeros(3, np.float32)), r"bias \(3,\)"),
    ],
)
def test_layers_that_would_read_or_write_elsewhere_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        check_program(Program((DOWN, wrong), SOUND.buffers), 2)


def test_an_output_at_another_level_is_refused():
    with pytest.raises(ConfigError, match="not at level 0"):
        check_program(Program((DOWN,), SOUND.buffers), 2)


def test_more_levels_than_there_are_is_refused():
    with pytest.raises(ConfigError, match="has 2 tensor strides, wanted at most 1"):
        check_program(SOUND, 1)
