"""Spaces by name, loaded when asked for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.space import ImageSpace, TextSpace

TEXT_SPACES = ("minilm-l6-v2", "openclip:<model>/<pretrained>", "table:<file>")
IMAGE_SPACES = ("openclip:<model>/<pretrained>", "tower:<file or model directory>")


@lru_cache(maxsize=4)
def load_text_space(name: str, precision: str = "float32") -> TextSpace:
    """The text space of that name, with a cache of encoded phrases; asked twice, the same one comes back.

    Args:
        name: "minilm-l6-v2"; "openclip:<model>/<pretrained>", such as "openclip:ViT-L-14-336-quickgelu/openai"; or
            "table:<file>", vectors stored with their phrases.
        precision: "float32", or "auto" for half precision where a space has it and it pays (rows of cosine above
            0.9999): for answering; what is stored wants the same rows on every machine.

    Raises:
        LanguageError: unknown name, or a file or model that cannot be used.
        MissingDependencyError: the space needs a package that is not installed.
    """
    from drop_clip_ros.language.cache import CachedTextSpace

    return CachedTextSpace(_text_space(name, precision))


def _text_space(name: str, precision: str) -> TextSpace:
    if name == "minilm-l6-v2":
        from drop_clip_ros.language.minilm import MiniLMSpace

        return MiniLMSpace(precision=precision)
    if name.startswith("openclip:"):
        from drop_clip_ros.language.open_clip_space import OpenClipSpace

        return OpenClipSpace.from_name(name)
    if name.startswith("table:"):
        from drop_clip_ros.language.stored_table import StoredTable

        return StoredTable.from_name(name)
    raise LanguageError(f"text space {name!r} is unknown; known: {', '.join(TEXT_SPACES)}")


def load_image_space(name: str) -> ImageSpace:
    """The image space of that name.

    Args:
        name: "openclip:<model>/<pretrained>"; "tower:<path>", the image tower of a model directory or one safetensors
            file; a path alone works too.

    Raises:
        LanguageError: unknown name, or a file or model that cannot be used.
        MissingDependencyError: the space needs a package that is not installed.
    """
    if name.startswith("openclip:"):
        from drop_clip_ros.language.open_clip_space import OpenClipSpace

        return OpenClipSpace.from_name(name)
    if name.startswith("tower:") or Path(name).exists():
        from drop_clip_ros.language.tabletop_tower import load_tower

        # Offline, where features are stored and compared, single precision on every machine.
        return load_tower(Path(name.removeprefix("tower:")), precision="float32")
    raise LanguageError(f"image space {name!r} is unknown; known: {', '.join(IMAGE_SPACES)}")
