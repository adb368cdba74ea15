"""Pairs of near voxels, and the loss that tells one object from two."""

import numpy as np
import torch

from drop_clip_ros.distillation.losses import PAIR_MARGIN, pair_loss
from drop_clip_ros.distillation.pairs import NEARBY, draw_pairs


def two_blocks():
    """Two touching blocks of 5 mm voxels, 10 x 10 x 4 each."""
    grid = np.stack(np.meshgrid(np.arange(20), np.arange(10), np.arange(4), indexing="ij"), axis=-1).reshape(-1, 3)
    return grid * 0.005, (grid[:, 0] >= 10).astype(np.int64)


def test_half_of_the_pairs_cross_the_boundary_and_all_are_near():
    xyz, labels = two_blocks()
    pairs = draw_pairs(xyz, labels, 1000, np.random.default_rng(0))
    crossing = labels[pairs[:, 0]] != labels[pairs[:, 1]]
    assert len(pairs) == 1000
    assert 0.45 < crossing.mean() < 0.55
    assert np.linalg.norm(xyz[pairs[:, 0]] - xyz[pairs[:, 1]], axis=1).max() < NEARBY
    assert (pairs[:, 0] != pairs[:, 1]).all()


def test_one_object_alone_gives_no_crossing_pairs():
    xyz, labels = two_blocks()
    pairs = draw_pairs(xyz[labels == 0], labels[labels == 0], 400, np.random.default_rng(0))
    assert len(pairs) == 200


def test_pair_loss_is_the_mean_of_both_kinds_logistic_losses():
    embedding = torch.tensor([[0.0, 0.0], [1.0, 0.0], [3.0, 4.0]])
    pairs, labels = torch.tensor([[0, 1], [0, 2], [1, 2]]), torch.tensor([5, 5, -1])
    same = np.log1p(np.exp(1.0 - PAIR_MARGIN))
    different = np.mean([np.log1p(np.exp(PAIR_MARGIN - 25.0)), np.log1p(np.exp(PAIR_MARGIN - 20.0))])
    np.testing.assert_allclose(pair_loss(embedding, pairs, labels), 0.5 * (same + different), rtol=1e-6)


def test_pair_loss_without_pairs_is_zero_and_differentiable():
    embedding = torch.ones(3, 2, requires_grad=True)
    loss = pair_loss(embedding, torch.zeros(0, 2, dtype=torch.int64), torch.zeros(3, dtype=torch.int64))
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert torch.equal(embedding.grad, torch.zeros(3, 2))


def test_learning_from_pairs_pulls_two_touching_blocks_apart():
    xyz, labels = two_blocks()
    pairs = torch.as_tensor(draw_pairs(xyz, labels, 1000, np.random.default_rng(0)))
    places, truth = torch.tensor(xyz, dtype=torch.float32) * 100, torch.as_tensor(labels)
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 64), torch.nn.ReLU(), torch.nn.Linear(64, 4))
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(500):
        optimizer.zero_grad()
        loss = pair_loss(network(places), pairs, truth)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        out = network(places)
    distance = (out[pairs[:, 0]] - out[pairs[:, 1]]).square().sum(dim=1)
    assert ((distance < PAIR_MARGIN) == (truth[pairs[:, 0]] == truth[pairs[:, 1]])).float().mean() > 0.95
