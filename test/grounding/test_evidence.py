"""Evidence of instances for a query, on vectors small enough to work out by hand."""

import math

import numpy as np

from drop_clip_ros.grounding.evidence import EVIDENCE_NAMES, ConceptBank, centred, gather_evidence, margin

BANK = ConceptBank(np.eye(3), ("red mug", "banana", "fork"))
COLUMN = {name: number for number, name in enumerate(EVIDENCE_NAMES)}


def evidence(pooled, query, bank=BANK, voxels=None):
    pooled = np.asarray(pooled, dtype=float)
    voxels = np.full(len(pooled), 100) if voxels is None else voxels
    return gather_evidence(pooled, voxels, bank.posterior(pooled), bank, np.asarray(query, dtype=float))


def test_margins_are_the_lead_over_the_best_other():
    np.testing.assert_allclose(margin(np.array([0.2, 0.9, 0.5])), [-0.7, 0.4, -0.4])
    np.testing.assert_allclose(margin(np.array([0.5, 0.5])), [0.0, 0.0])
    np.testing.assert_allclose(margin(np.array([0.3])), [0.3])
    assert margin(np.zeros(0)).shape == (0,)


def test_the_posterior_is_a_softmax_over_the_concepts():
    row = BANK.posterior(np.array([[0.6, 0.8, 0.0]]))[0]
    exponents = [math.exp(0.6 / 0.07), math.exp(0.8 / 0.07), 1.0]
    np.testing.assert_allclose(row, np.array(exponents) / sum(exponents))


def test_a_query_means_the_concepts_about_as_near_as_the_best():
    meant = BANK.meant_by(np.array([0.70, 0.65, 0.05]))
    assert meant[0] > 0.95
    assert meant[1] > 0.9
    assert meant[2] < 0.01


def test_a_query_far_from_every_concept_means_none():
    assert BANK.meant_by(np.array([0.05, 0.0, 0.0])).max() < 0.01


def test_each_column_is_what_its_name_says():
    rows = evidence([[1, 0, 0], [0.6, 0.8, 0]], [1, 0, 0], voxels=np.array([math.e**4, 1.0]))
    assert rows.shape == (2, 7)
    np.testing.assert_allclose(rows[:, COLUMN["cosine"]], [1.0, 0.6])
    np.testing.assert_allclose(rows[:, COLUMN["cosine_margin"]], [0.4, -0.4])
    # No concept beats the query's cosine to the first instance; "banana" beats it to the second: 1 of 3.
    np.testing.assert_allclose(rows[:, COLUMN["rank"]], [-math.log(1 / 3), -math.log(2 / 3)])
    np.testing.assert_allclose(rows[:, COLUMN["query_known"]], 1.0)
    np.testing.assert_allclose(rows[:, COLUMN["log_voxels"]], [4.0, 0.0])
    # The query means "red mug" alone, which lies 0.15 above the edge, softened by 0.04.
    meant = 1 / (1 + math.exp(-0.15 / 0.04))
    posterior = np.array([1 / (1 + 2 * math.exp(-1 / 0.07)), 1 / (1 + math.exp(0.2 / 0.07) + math.exp(-0.6 / 0.07))])
    np.testing.assert_allclose(rows[:, COLUMN["posterior"]], meant * posterior, atol=1e-6)
    np.testing.assert_allclose(rows[0, COLUMN["posterior_margin"]], np.diff(rows[::-1, COLUMN["posterior"]])[0])


def test_without_concepts_only_cosines_and_sizes_speak():
    bank = ConceptBank(np.zeros((0, 3)), ())
    rows = evidence([[1, 0, 0], [0, 1, 0]], [1, 0, 0], bank)
    np.testing.assert_allclose(rows[:, COLUMN["cosine"]], [1, 0])
    for name in ("posterior", "rank", "posterior_margin", "query_known"):
        np.testing.assert_array_equal(rows[:, COLUMN[name]], 0.0)


def test_no_instances_give_no_rows():
    assert evidence(np.zeros((0, 3)), [1, 0, 0]).shape == (0, 7)


def test_centring_subtracts_the_mean_and_makes_unit_rows():
    np.testing.assert_allclose(centred(np.array([[4.0, 1.0], [1.0, 5.0]]), np.array([1.0, 1.0])), [[1, 0], [0, 1]])
