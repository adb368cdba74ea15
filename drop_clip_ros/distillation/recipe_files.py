"""Recipes as files: config/distill/*.yaml by name, or a file of one's own, laid over what it is based on."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.errors import ConfigError

BASE = "base"
OLD_NAMES = {"tabletop": "small"}  # by which commands in published bundles call a recipe
Switches = TypeVar("Switches")


def recipe_folders() -> list[Path]:
    """Folders searched for recipes, first found first served: the checkout's, the installed."""
    places = [Path(__file__).resolve().parents[2]]
    prefixes = [sys.prefix, *os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)]
    places += [Path(prefix) / "share" / "drop_clip_ros" for prefix in prefixes if prefix]
    return [place / "config" / "distill" for place in places]


def known_recipes() -> dict[str, Path]:
    """Name to file of every recipe in `recipe_folders`."""
    found: dict[str, Path] = {}
    for folder in recipe_folders():
        for path in sorted(folder.glob("*.yaml")):
            found.setdefault(path.stem, path)
    return found


def load_recipe(name_or_file: str | Path, overrides: dict[str, str] | None = None) -> Recipe:
    """Read a recipe and set some of its switches from strings ("batch_size=8", "augmentation.hue_max=0.02").

    A file gives only what it changes: `base: NAME|FILE` says of what (of small.yaml when absent), a file's path counted
    from the one that names it. A recipe is called by its file's name.

    Raises:
        ConfigError: no such recipe, an unreadable file, an unknown switch, or a value of the wrong type.
    """
    recipe = _read(_find(str(name_or_file), Path()), ())
    for key, text in (overrides or {}).items():
        recipe = _with_override(recipe, key, text)
    return recipe


def _find(name: str, beside: Path) -> Path:
    known = known_recipes()
    name = OLD_NAMES.get(name, name)
    if name in known:
        return known[name]
    path = beside / name
    if path.is_file():
        return path
    raise ConfigError(f"recipe is {name!r}, wanted a YAML file or one of {', '.join(known) or 'none installed'}")


def _read(path: Path, above: tuple[Path, ...]) -> Recipe:
    if path.resolve() in above:
        raise ConfigError(f"{path}: {BASE} leads back to itself, wanted recipes based on others in one direction")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"{path} cannot be read ({reason}), wanted YAML like config/distill/small.yaml") from error
    data = {} if data is None else data
    if not isinstance(data, dict):
        raise ConfigError(f"{path} holds {type(data).__name__}, wanted switches with their values")
    base = data.pop(BASE, None)
    start = Recipe() if base is None else _read(_find(str(base), path.parent), (*above, path.resolve()))
    return replace(_laid_over(start, data, str(path)), name=path.stem)


def _laid_over(switches: Switches, data: Any, where: str) -> Switches:
    if not isinstance(data, dict):
        raise ConfigError(f"{where} is {data!r}, wanted switches with their values")
    hints = get_type_hints(type(switches))
    known = [field.name for field in fields(switches) if field.name != "name"]  # type: ignore[arg-type]
    changes: dict[str, Any] = {}
    for key, value in data.items():
        if key not in known:
            raise ConfigError(f"{where}: switch {key!r} is not known, wanted one of {', '.join(known)}")
        old = getattr(switches, key)
        here = f"{where}: {key}"
        changes[key] = _laid_over(old, value, here) if is_dataclass(old) else _typed(value, hints[key], here)
    return replace(switches, **changes)  # type: ignore[type-var]


def _typed(value: Any, kind: Any, where: str) -> Any:
    """A YAML value as the type of its switch."""
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if not isinstance(value, (list, tuple)) or len(value) != len(kinds):
            raise ConfigError(f"{where} is {value!r}, wanted a list of {len(kinds)} numbers")
        return tuple(_typed(item, one, where) for item, one in zip(value, kinds, strict=True))
    if kind is float and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            number = float(value)  # YAML reads 1e-5 as a string
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    elif type(value) is kind:
        return value
    wanted = {float: "a number", int: "a whole number", bool: "true or false", str: "a word"}[kind]
    raise ConfigError(f"{where} is {value!r}, wanted {wanted}")


def _with_override(recipe: Recipe, key: str, text: str) -> Recipe:
    """One switch from the command line; its text is read as YAML, lists also without brackets ("1,2")."""
    try:
        value = yaml.safe_load(f"[{text}]" if "," in text and not text.lstrip().startswith("[") else text)
    except yaml.YAMLError:
        value = text
    data: Any = value
    for part in reversed(key.split(".")):
        data = {part: data}
    return _laid_over(recipe, data, "recipe")
