"""The cache answers as the space does, and asks it once."""

import threading

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError, LanguageError
from drop_clip_ros.language.cache import CachedTextSpace


class CountingSpace:
    """A one-hot space of letters that notes what it was asked."""

    name = "letters"
    dim = 26

    def __init__(self):
        self.asked = []

    def encode(self, texts):
        if "?" in texts:
            raise LanguageError("no")
        self.asked.extend(texts)
        return np.eye(26, dtype=np.float32)[[ord(text[0]) - ord("a") for text in texts]]


def test_each_phrase_is_encoded_once_and_rows_keep_their_order():
    space = CountingSpace()
    cached = CachedTextSpace(space)
    cached.encode(["a", "b", "a"])
    rows = cached.encode(["b", "c", "a"])
    assert space.asked == ["a", "b", "c"]
    assert rows.argmax(axis=1).tolist() == [1, 2, 0]


def test_the_phrase_not_asked_for_the_longest_goes_first():
    space = CountingSpace()
    cached = CachedTextSpace(space, capacity=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        cached.encode([text])
    assert space.asked == ["a", "b", "c", "b"]


def test_one_call_may_hold_more_phrases_than_the_cache():
    cached = CachedTextSpace(CountingSpace(), capacity=2)
    assert cached.encode(list("abcde")).argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert len(cached) == 2


def test_changing_an_answer_does_not_change_the_cache():
    cached = CachedTextSpace(CountingSpace())
    cached.encode(["a"])[:] = 5
    assert cached.encode(["a"]).sum() == 1


def test_what_the_space_refuses_is_refused_and_not_kept():
    cached = CachedTextSpace(CountingSpace())
    with pytest.raises(LanguageError):
        cached.encode(["a", "?"])
    assert len(cached) == 0


def test_no_phrases_are_no_rows():
    assert CachedTextSpace(CountingSpace()).encode([]).shape == (0, 26)


def test_threads_share_it():
    space = CountingSpace()
    cached = CachedTextSpace(space)
    wrong = []

    def ask():
        for _ in range(50):
            if cached.encode(list("abc")).argmax(axis=1).tolist() != [0, 1, 2]:
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert space.asked == ["a", "b", "c"]


def test_capacity_must_be_positive():
    with pytest.raises(ConfigError, match="must be at least 1"):
        CachedTextSpace(CountingSpace(), capacity=0)
