"""A cache of encoded phrases around any text space."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.language.space import TextSpace


class CachedTextSpace:
    """A text space that remembers the phrases met last, with the same interface and the same rows.

    Threads may share one: the wrapped space is asked by one thread at a time.

    Args:
        space: the space that encodes what is new.
        capacity: how many phrases are kept; the one not asked for the longest goes first.

    Raises:
        ConfigError: capacity below 1.
    """

    def __init__(self, space: TextSpace, capacity: int = 4096):
        if capacity < 1:
            raise ConfigError(f"phrase cache capacity is {capacity}; it must be at least 1")
        self.space = space
        self.name = space.name
        self.dim = space.dim
        self._capacity = capacity
        self._rows: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32 unit rows; phrases met before are not encoded again.

        Raises:
            LanguageError: what the wrapped space refuses; nothing of such a call is kept.
        """
        if isinstance(texts, str | bytes) or not all(isinstance(text, str) for text in texts):
            return self.space.encode(texts)  # for its error
        with self._lock:
            missing = list(dict.fromkeys(text for text in texts if text not in self._rows))
            fresh = dict(zip(missing, self.space.encode(missing), strict=True)) if missing else {}
            # Collected before storing: one call may hold more phrases than the cache.
            rows = [self._rows[text] if text in self._rows else fresh[text] for text in texts]
            self._store(texts, fresh)
        return np.stack(rows) if rows else np.empty((0, self.dim), np.float32)

    def _store(self, texts: Sequence[str], fresh: dict[str, np.ndarray]) -> None:
        for text in texts:
            if text in fresh:
                self._rows[text] = fresh[text].copy()
            self._rows.move_to_end(text)
        while len(self._rows) > self._capacity:
            self._rows.popitem(last=False)
