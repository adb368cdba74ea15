"""A text space made of stored vectors: known phrases alone, but without any network."""

from __future__ import annotations

import difflib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.phrases import clean_phrases, shown


class StoredTable:
    """Vectors looked up by phrase; case and underscores do not matter.

    Args:
        phrases: n phrases; a later repeat of a phrase is ignored.
        vectors: (n, dim), any norm.
        name: the space's name. Give the name of the space that made the vectors, so that its students accept them.

    Raises:
        LanguageError: shapes that do not fit, vectors that are not finite or are zero.
    """

    def __init__(self, phrases: Sequence[str], vectors: np.ndarray, name: str):
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or vectors.shape[0] != len(phrases) or not len(phrases):
            raise LanguageError(
                f"{name}: {len(phrases)} phrases and vectors of shape {vectors.shape}; "
                "they must be (number of phrases, dimension)"
            )
        if vectors.dtype.kind not in "fiu":
            raise LanguageError(f"{name}: the vectors are {vectors.dtype}; they must be numbers")
        rows = vectors.astype(np.float32)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        bad = ~(np.isfinite(norms) & (norms > 0))[:, 0]
        if bad.any():
            raise LanguageError(f"{name}: the vector of {shown(str(phrases[int(bad.argmax())]))} is zero or not finite")
        self.name = name
        self.dim = rows.shape[1]
        self._rows = rows / norms
        self._index: dict[str, int] = {}
        for row, phrase in enumerate(phrases):
            self._index.setdefault(_key(str(phrase)), row)

    @classmethod
    def from_name(cls, name: str) -> StoredTable:
        """The table of "table:<file>".

        The file is an .npz with `names`, `vectors` and, if wished, `space` (the space they came from); or an
        .npy of vectors with a JSON list of phrases of the same stem beside it or named after a comma:
        "table:vectors.npy,names.json".

        Raises:
            LanguageError: a file is missing, unreadable or incomplete.
        """
        first, _, second = name.removeprefix("table:").partition(",")
        file = Path(first)
        names_file = Path(second) if second else file.with_suffix(".json")
        try:
            if file.suffix == ".npz":
                with np.load(file, allow_pickle=False) as stored:
                    missing = {"names", "vectors"} - set(stored.files)
                    if missing:
                        raise LanguageError(
                            f"{name}: {file} lacks {', '.join(sorted(missing))}; "
                            f"it holds {', '.join(stored.files) or 'nothing'}"
                        )
                    space = str(stored["space"]) if "space" in stored.files else f"table:{file.stem}"
                    return cls([str(phrase) for phrase in stored["names"]], stored["vectors"], space)
            phrases = json.loads(names_file.read_text(encoding="utf-8"))
            vectors = np.load(file, allow_pickle=False)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise LanguageError(f"{name}: cannot read the stored vectors ({error})") from error
        if not isinstance(phrases, list) or not all(isinstance(phrase, str) for phrase in phrases):
            raise LanguageError(f"{name}: {names_file} must hold a JSON list of phrases")
        return cls(phrases, vectors, f"table:{file.stem}")

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The stored vectors of these phrases.

        Returns:
            (n, dim) float32 rows of unit norm.

        Raises:
            LanguageError: a phrase is not stored; the message names the nearest ones.
        """
        cleaned = clean_phrases(texts)
        rows = []
        for text in cleaned:
            row = self._index.get(_key(text))
            if row is None:
                near = difflib.get_close_matches(_key(text), self._index, n=3, cutoff=0.5)
                hint = f"; near: {', '.join(near)}" if near else ""
                raise LanguageError(
                    f"{self.name} has no vector for {shown(text)} among {len(self._index):,} phrases{hint}"
                )
            rows.append(row)
        return self._rows[rows].copy() if rows else np.empty((0, self.dim), np.float32)


def _key(phrase: str) -> str:
    return " ".join(phrase.replace("_", " ").split()).casefold()
