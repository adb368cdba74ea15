"""Table-stripping parameters from a YAML file, laid over the defaults (config/tabletop.yaml explains each)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.geometry.tabletop import TabletopConfig

Config = TypeVar("Config")


def read_tabletop_config(path: str | Path) -> TabletopConfig:
    """Read parameters; those that the file leaves out keep their defaults.

    Raises:
        ConfigError: an unreadable file, an unknown parameter, or a value that is no number or negative.
    """
    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"{path} cannot be read ({reason}), wanted YAML like config/tabletop.yaml") from error
    return _laid_over(TabletopConfig(), {} if data is None else data, str(path))


def _laid_over(config: Config, data: Any, where: str) -> Config:
    if not isinstance(data, dict):
        raise ConfigError(f"{where} holds {type(data).__name__}, wanted parameters with their values")
    known = {field.name: getattr(config, field.name) for field in fields(config)}  # type: ignore[arg-type]
    changes: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            raise ConfigError(f"{where}: parameter {name!r} is not known, wanted one of {', '.join(known)}")
        old = known[name]
        if is_dataclass(old):
            changes[name] = _laid_over(old, value, f"{where}: {name}")
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
            raise ConfigError(f"{where}: {name} is {value!r}, wanted a number of at least 0")
        if isinstance(old, int) and not isinstance(value, int):
            raise ConfigError(f"{where}: {name} is {value!r}, wanted a whole number")
        changes[name] = type(old)(value)
    return replace(config, **changes)  # type: ignore[type-var]
