"""The contrastive loss, against torch's cross-entropy where both say the same."""

import pytest
import torch
from torch.nn import functional

from drop_clip_ros.fusion.contrastive import contrastive_loss


def test_with_one_true_pair_a_row_and_column_it_is_clips_loss():
    logits = torch.randn(6, 6, generator=torch.Generator().manual_seed(0))
    right = torch.arange(6)
    expected = (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2
    loss = contrastive_loss(logits, torch.eye(6), torch.zeros(6, 6, dtype=torch.bool))
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6)


def test_two_true_phrases_do_not_compete():
    logits = torch.tensor([[5.0, 5.0, -5.0], [-5.0, -5.0, 5.0]])
    positive = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    assert contrastive_loss(logits, positive, torch.zeros(2, 3, dtype=torch.bool)).item() < 1e-3


def test_ignored_pairs_neither_pull_nor_push():
    logits = torch.zeros(2, 3, requires_grad=True)
    positive = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    ignored = torch.tensor([[False, False, True], [False, False, False]])
    contrastive_loss(logits, positive, ignored).backward()
    assert logits.grad[0, 2] == 0
    assert logits.grad[1, 2] > 0


def test_weights_share_a_crop_among_its_phrases():
    logits = torch.zeros(1, 3, requires_grad=True)
    positive = torch.tensor([[0.75, 0.25, 0.0]])
    contrastive_loss(logits, positive, torch.zeros(1, 3, dtype=torch.bool)).backward()
    assert logits.grad[0, 0].item() == pytest.approx(3 * logits.grad[0, 1].item())


def test_a_batch_without_any_rival_costs_nothing():
    loss = contrastive_loss(torch.zeros(2, 1), torch.ones(2, 1), torch.zeros(2, 1, dtype=torch.bool))
    assert loss.item() == 0
