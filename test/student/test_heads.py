import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from drop_clip_ros.student.heads import Heads
from drop_clip_ros.student.network import StudentNetwork


def network(dim: int = 120, **options) -> StudentNetwork:
    torch.manual_seed(0)
    made = StudentNetwork("MinkUNet14A", 6, dim, **options)
    for layer in (made.net3d.final, made.offset_head, made.embedding_head):
        if layer is not None:
            torch.nn.init.normal_(layer.bias)
    return made


def rows(count: int = 40) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, 96)).astype(np.float32)


@pytest.mark.parametrize("dim", [120, 384, 40])  # 40 dimensions are fewer than the backbone's 96
def test_features_are_those_of_the_layer(dim):
    made, x = network(dim), rows()
    heads = Heads(made)
    layer = made.net3d.final
    wanted = normalize(torch.as_tensor(x) @ layer.kernel + layer.bias, dim=1).detach().numpy()
    assert np.abs(heads(x).compact @ heads.basis.T - wanted).max() < 1e-6


def test_compact_rows_have_one_dimension_more_than_the_backbone():
    heads = Heads(network(384))
    assert heads(rows()).compact.shape == (40, 97)
    assert np.abs(heads.basis.T @ heads.basis - np.eye(97)).max() < 1e-6


def test_offsets_and_embedding_are_those_of_their_heads():
    made, x = network(embedding_dim=5), rows()
    answers = Heads(made)(x)
    for found, layer in ((answers.offsets, made.offset_head), (answers.embedding, made.embedding_head)):
        assert np.abs(found - (torch.as_tensor(x) @ layer.kernel + layer.bias).detach().numpy()).max() < 1e-5


def test_a_network_without_heads_answers_features_alone():
    answers = Heads(network(with_offsets=False))(rows())
    assert answers.offsets is None
    assert answers.embedding is None


def test_a_row_of_zeros_stays_finite():
    made = network()
    torch.nn.init.zeros_(made.net3d.final.bias)
    assert np.isfinite(Heads(made)(np.zeros((1, 96), np.float32)).compact).all()
