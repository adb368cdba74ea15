"""Losses against the same worked out with math alone."""

import math

import pytest
import torch

from drop_clip_ros.distillation.losses import (
    contrastive_loss,
    cosine_loss,
    offset_loss,
    phrase_loss,
    pool_objects,
    supervised_contrastive_loss,
    triplet_loss,
)


def test_cosine_loss_is_the_mean_cosine_distance():
    features = torch.tensor([[2.0, 0.0], [3.0, 4.0], [0.0, -5.0]])
    targets = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert cosine_loss(features, targets).item() == pytest.approx((0.0 + 0.4 + 2.0) / 3)


def cross_entropy(right, wrong, temperature):
    exponents = [math.exp(cosine / temperature) for cosine in (right, *wrong)]
    return -math.log(exponents[0] / sum(exponents))


def test_contrastive_loss_picks_among_scene_and_catalogue():
    own = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    others = torch.tensor([[-1.0, 0.0]])
    features = torch.tensor([[6.0, 8.0], [0.0, 2.0]])  # unit: (.6, .8) and (0, 1)
    loss = contrastive_loss(features, own, others, torch.tensor([0, 1]), 0.5, 0.9)
    expected = (cross_entropy(0.6, [0.8, -0.6], 0.5) + cross_entropy(1.0, [0.0, 0.0], 0.5)) / 2
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_near_duplicates_of_the_own_target_are_no_negatives():
    own = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    others = torch.tensor([[0.96, 0.28], [0.6, 0.8]])  # cosines to the first target: .96 (left out) and .6
    loss = contrastive_loss(torch.tensor([[0.6, 0.8]]), own, others, torch.tensor([0]), 0.5, 0.9)
    assert loss.item() == pytest.approx(cross_entropy(0.6, [0.8, 1.0], 0.5), rel=1e-5)


def test_two_objects_of_a_scene_that_are_alike_do_not_repel_each_other():
    own = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    loss = contrastive_loss(torch.tensor([[1.0, 0.0]]), own, torch.zeros(0, 2), torch.tensor([1]), 0.1, 0.9)
    assert loss.item() == pytest.approx(0.0, abs=1e-6)


def sigmoid_loss(cosine, positive, scale=10.0, bias=-5.0):
    logit = scale * cosine + bias
    return math.log(1 + math.exp(-logit if positive else logit))


def test_phrase_loss_weighs_true_and_false_pairs_alike_and_skips_unknown_ones():
    features = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    phrases = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    truth = torch.tensor([[1, 0, -1], [0, 0, 1]])
    loss = phrase_loss(features, phrases, truth, torch.tensor(math.log(10.0)), torch.tensor(-5.0))
    right = (sigmoid_loss(1.0, True) + sigmoid_loss(1.0, True)) / 2
    wrong = (sigmoid_loss(0.6, False) + sigmoid_loss(0.0, False) + sigmoid_loss(0.8, False)) / 3
    assert loss.item() == pytest.approx((right + wrong) / 2, rel=1e-5)


@pytest.mark.parametrize("value", [1, 0, -1])
def test_phrase_loss_of_one_kind_alone_is_finite(value):
    truth = torch.full((1, 2), value)
    loss = phrase_loss(torch.ones(1, 2), torch.eye(2), truth, torch.zeros(()), torch.zeros(()))
    assert torch.isfinite(loss)
    assert (loss.item() == 0.0) == (value == -1)


def test_offset_loss_is_the_mean_l1_distance_over_the_foreground():
    found = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [9.0, 9.0, 9.0]])
    true = torch.tensor([[0.0, 2.0, 5.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    loss = offset_loss(found, true, torch.tensor([True, True, False]))
    assert loss.item() == pytest.approx((3.0 + 1.0) / 2)


def test_offset_loss_without_foreground_is_zero_and_has_a_gradient():
    found = torch.ones(2, 3, requires_grad=True)
    loss = offset_loss(found, torch.zeros(2, 3), torch.zeros(2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0.0
    assert not found.grad.any()


def test_pooling_means_each_object_and_tells_the_unseen():
    features = torch.tensor([[1.0, 0.0], [3.0, 2.0], [5.0, 5.0], [100.0, 100.0]])
    pooled, seen = pool_objects(features, torch.tensor([0, 0, 2, -1]), 3)
    assert pooled.tolist() == [[2.0, 1.0], [0.0, 0.0], [5.0, 5.0]]
    assert seen.tolist() == [True, False, True]


def test_supervised_contrastive_loss_is_equation_2_of_its_paper():
    # Unit features at 0, 90, 180 degrees and again 0; the first two belong together, and so do the last two.
    unit = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (1.0, 0.0)]
    features, labels = torch.tensor(unit) * torch.tensor([[1.0], [3.0], [0.5], [2.0]]), torch.tensor([4, 4, 9, 9])
    expected = 0.0
    for i, partner in enumerate((1, 0, 3, 2)):
        cosines = [sum(a * b for a, b in zip(unit[i], other, strict=True)) for other in unit]
        wrong = [cosines[k] for k in range(4) if k not in (i, partner)]
        expected += cross_entropy(cosines[partner], wrong, 0.5) / 4
    assert supervised_contrastive_loss(features, labels, 0.5).item() == pytest.approx(expected, rel=1e-5)


def test_supervised_contrastive_loss_means_over_positives_and_leaves_lonely_ones_out():
    features = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]])
    loss = supervised_contrastive_loss(features, torch.tensor([0, 0, 0, 1]), 1.0)
    cosines = features @ features.t()
    rows = []
    for i in range(3):
        total = sum(math.exp(cosines[i, a]) for a in range(4) if a != i)
        rows.append(sum(-math.log(math.exp(cosines[i, p]) / total) for p in range(3) if p != i) / 2)
    assert loss.item() == pytest.approx(sum(rows) / 3, rel=1e-5)
    alone = torch.eye(3, requires_grad=True)
    supervised_contrastive_loss(alone, torch.arange(3), 0.1).backward()
    assert alone.grad.abs().max() == 0


def test_triplet_loss_takes_the_farthest_of_one_s_own_and_the_nearest_of_others():
    # Cosine distances: 0-1 0.4, 0-2 1.0, 0-3 2.0, 1-2 0.2, 1-3 1.6, 2-3 1.0.
    features = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]])
    loss = triplet_loss(features * 7.0, torch.tensor([0, 0, 1, 1]), 0.5)
    terms = [0.5 + 0.4 - 1.0, 0.5 + 0.4 - 0.2, 0.5 + 1.0 - 0.2, 0.5 + 1.0 - 1.6]
    assert loss.item() == pytest.approx(sum(max(0.0, t) for t in terms) / 4, abs=1e-6)
    one_object = torch.eye(3, requires_grad=True)
    triplet_loss(one_object, torch.zeros(3, dtype=torch.long), 0.1).backward()
    assert one_object.grad.abs().max() == 0


@pytest.mark.parametrize("loss", [supervised_contrastive_loss, triplet_loss])
def test_auxiliary_losses_draw_an_object_s_features_together(loss):
    torch.manual_seed(0)
    features = torch.nn.Parameter(torch.randn(24, 8))
    labels = torch.arange(24) % 3
    optimizer = torch.optim.Adam([features], lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        loss(features, labels, 0.3).backward()
        optimizer.step()
    unit = torch.nn.functional.normalize(features.detach(), dim=1)
    cosines, same = unit @ unit.t(), labels[:, None] == labels[None]
    assert cosines[same].min() > cosines[~same].max() + 0.2
