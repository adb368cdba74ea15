"""Parameters of table stripping, read from YAML."""

from pathlib import Path

import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.geometry.tabletop import TabletopConfig
from drop_clip_ros.tabletop_file import read_tabletop_config

SHIPPED = Path(__file__).resolve().parents[1] / "config" / "tabletop.yaml"


def written(tmp_path, text):
    path = tmp_path / "tabletop.yaml"
    path.write_text(text)
    return path


def test_shipped_file_holds_the_defaults():
    assert read_tabletop_config(SHIPPED) == TabletopConfig()


def test_given_parameters_replace_defaults_and_others_stay(tmp_path):
    config = read_tabletop_config(written(tmp_path, "lowest: 0.01\nsupport: {farthest: 1.5, ransac: {seed: 3}}\n"))
    assert (config.lowest, config.support.farthest, config.support.ransac.seed) == (0.01, 1.5, 3)
    assert config.highest == TabletopConfig().highest


def test_empty_file_means_the_defaults(tmp_path):
    assert read_tabletop_config(written(tmp_path, "")) == TabletopConfig()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("heighest: 1.0", "'heighest' is not known"),
        ("lowest: -0.1", "lowest is -0.1"),
        ("lowest: soon", "lowest is 'soon'"),
        ("support: 3", "support holds int"),
        ("support: {ransac: {iterations: 2.5}}", "wanted a whole number"),
        ("lowest: .nan", "lowest is nan"),
        ("a: [", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said):
        read_tabletop_config(written(tmp_path, text))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read"):
        read_tabletop_config(tmp_path / "nowhere.yaml")
