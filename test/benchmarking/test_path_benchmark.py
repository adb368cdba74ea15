"""From a frame to an answer, with a segmenter that takes no time and frames that may have no table."""

import itertools
import json
from types import SimpleNamespace

import pytest

from drop_clip_ros.benchmarking.path_benchmark import (
    ANSWER,
    FRAME,
    FURTHER,
    KNOWN,
    PHRASE,
    REST,
    new_phrases,
    time_path,
    trace_answer,
)
from drop_clip_ros.errors import ConfigError, SupportError


class Imagined:
    """A segmenter that remembers what it was asked."""

    def __init__(self):
        self.asked, self.encoded = [], []
        self.grounding = SimpleNamespace(space=SimpleNamespace(encode=self.encoded.extend))

    def encode(self, frame):
        if frame == "empty":
            raise SupportError("nothing on the table")
        return SimpleNamespace(
            timings_ms={"table": 0.25, "student": 0.5},
            segment=self.asked.append,
            tabletop=SimpleNamespace(points=range(50)),
            cloud=SimpleNamespace(voxels=range(20)),
        )


def test_every_phrase_is_new_but_the_known_one():
    segmenter = Imagined()
    time_path(segmenter, {"a": "full"}, rounds=3, warm_up=1)
    first, further, known = segmenter.asked[0::3], segmenter.asked[1::3], segmenter.asked[2::3]
    assert known == further
    new = [*first, *further, *segmenter.encoded]
    assert len(new) == len(set(new)) == 12


def test_phrases_never_run_out():
    phrases = list(itertools.islice(new_phrases(), 1000))
    assert phrases[0] == "red mug"
    assert len(set(phrases)) == 1000


def test_stages_are_told_with_what_they_leave():
    times = time_path(Imagined(), {"a": "full", "b": "full"}, rounds=2)
    assert {ANSWER, FRAME, FURTHER, KNOWN, PHRASE, "table", "student"} <= set(times.stages)
    assert all(len(timing.samples_ms) == 4 for timing in times.stages.values())
    for frame, rest in zip(times.stages[FRAME].samples_ms, times.stages[REST].samples_ms, strict=True):
        assert rest == pytest.approx(frame - 0.75)
    assert times.frames["b"]["points"] == 50
    assert json.loads(json.dumps(times.to_json()))["stages_ms"]["table"]["p50"] == 0.25


def test_a_frame_that_cannot_be_answered_is_left_out_and_told():
    times = time_path(Imagined(), {"a": "full", "b": "empty"}, rounds=2)
    assert times.skipped == {"b": "nothing on the table"}
    assert list(times.frames) == ["a"]


@pytest.mark.parametrize(("frames", "rounds"), [({}, 1), ({"a": "full"}, 0), ({"a": "empty"}, 1)])
def test_nothing_to_answer_is_refused(frames, rounds):
    with pytest.raises(ConfigError):
        time_path(Imagined(), frames, rounds)


def test_the_trace_is_of_new_phrases_too():
    segmenter = Imagined()
    time_path(segmenter, {"a": "full"}, rounds=1)
    met = set(segmenter.asked)
    assert trace_answer(segmenter, "full", rounds=3).total_ms > 0
    assert not met & set(segmenter.asked[-3:])
