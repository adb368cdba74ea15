"""Calibration on evidence whose truth is known."""

import numpy as np
import pytest
import yaml

from drop_clip_ros.distillation.bundle_calibration import write_verdict
from drop_clip_ros.distillation.calibration import (
    QueryExample,
    best_look,
    choose_rival_ratio,
    fit_verdict,
    verdict_figures,
)
from drop_clip_ros.errors import SceneError
from drop_clip_ros.grounding.evidence import EVIDENCE_NAMES
from drop_clip_ros.grounding.verdict import VerdictModel


def examples(count, seed=0):
    """Scenes of five instances: the right one's cosine lies at 0.6, the others' and the absent queries' at 0.3."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        kind = ("class", "attribute", "affordance", "open", "absent")[number % 5]
        evidence, correct = rng.normal(0, 0.05, (5, len(EVIDENCE_NAMES))), np.zeros(5, bool)
        evidence[:, 0] += 0.3
        if kind != "absent":
            correct[rng.integers(5)] = True
            evidence[correct, 0] += 0.3
        made.append(QueryExample(kind, evidence, correct))
    return made


def test_separable_evidence_gives_a_verdict_that_holds_on_new_examples():
    verdict, figures = fit_verdict(examples(250), refuse=0.9)
    assert verdict.weights["cosine"] > 5
    assert figures["absent_refused"] == pytest.approx(0.9, abs=0.03)
    held_out = verdict_figures(examples(250, seed=1), verdict)
    assert held_out["absent_refused"] > 0.8
    for kind in ("class", "attribute", "affordance", "open"):
        assert held_out[f"{kind}_forced"] > 0.95
        assert held_out[f"{kind}_grounded"] <= held_out[f"{kind}_forced"]


def test_refusing_more_raises_the_threshold():
    low, high = (fit_verdict(examples(250), refuse=share)[0].threshold for share in (0.5, 0.98))
    assert low < high


def test_figures_count_what_the_verdict_says():
    cosine = EVIDENCE_NAMES.index("cosine")
    verdict = VerdictModel({"cosine": 10.0}, intercept=-5.0, threshold=0.5)

    def example(kind, cosines, right):
        evidence = np.zeros((len(cosines), len(EVIDENCE_NAMES)))
        evidence[:, cosine] = cosines
        return QueryExample(kind, evidence, np.isin(np.arange(len(cosines)), right))

    figures = verdict_figures(
        [
            example("class", [0.9, 0.1], [0]),  # right, and found
            example("class", [0.4, 0.1], [0]),  # right, but below the threshold
            example("class", [0.1, 0.9], [0]),  # wrong
            example("absent", [0.2, 0.1], []),  # refused
            example("absent", [0.9, 0.1], []),  # not refused
        ],
        verdict,
    )
    assert figures == {"class_forced": 0.6667, "class_grounded": 0.3333, "absent_refused": 0.5}


@pytest.mark.parametrize("kinds", [set(), {"absent"}, {"class"}])
def test_examples_of_both_kinds_are_needed(kinds):
    with pytest.raises(SceneError, match="wanted some with the object there and some with it absent"):
        fit_verdict([example for example in examples(50) if example.kind in kinds])


def test_a_verdict_is_written_beside_what_the_manifest_held(tmp_path):
    (tmp_path / "model.yaml").write_text("name: tiny\nfigures: {held_out_objects: {a: 1.0}}\n", encoding="utf-8")
    verdict = VerdictModel({"cosine": 9.5}, -4.0, 0.31)
    write_verdict(tmp_path, verdict, {"class_forced": 0.8})
    manifest = yaml.safe_load((tmp_path / "model.yaml").read_text(encoding="utf-8"))
    assert manifest["name"] == "tiny"
    assert VerdictModel.from_json(manifest["verdict"]) == verdict
    assert manifest["figures"] == {"held_out_objects": {"a": 1.0}, "held_out_scenes": {"class_forced": 0.8}}


def test_rival_ratio_tells_one_object_from_several():
    cosine = EVIDENCE_NAMES.index("cosine")
    verdict = VerdictModel({"cosine": 10.0}, intercept=-5.0, threshold=0.5)

    def example(cosines, right):
        evidence = np.zeros((len(cosines), len(EVIDENCE_NAMES)))
        evidence[:, cosine] = cosines
        return QueryExample("class", evidence, np.isin(np.arange(len(cosines)), right))

    # Odds are exp(10 c - 5): a rival 0.05 below has 0.61 of the best one's, one 0.01 below 0.90.
    one, several = [example([0.9, 0.85], [0])] * 3, [example([0.9, 0.89], [0, 1])] * 3
    ratio = choose_rival_ratio(one + several, verdict)
    assert 0.61 < ratio <= 0.9


def test_the_look_whose_evidence_separates_best_is_chosen():
    blurred = [
        QueryExample(e.kind, e.evidence + np.random.default_rng(k).normal(0, 0.5, e.evidence.shape), e.correct)
        for k, e in enumerate(examples(250))
    ]
    assert best_look({0.0: blurred, 1.0: examples(250), 2.0: blurred}) == 1.0
