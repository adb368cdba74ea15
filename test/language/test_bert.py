"""The fast encoder against torch's own transformer layers, with random weights."""

import numpy as np
import pytest
import torch
from torch import nn

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.language import bert, half_precision
from drop_clip_ros.language.bert import BertEncoder, rounded

LAYERS, HEADS, WIDTH, WIDE, WORDS, EPSILON = 2, 4, 32, 64, 50, 1e-12
SENTENCES = [[5, 6, 7], [8, 9], [10, 11, 12, 13, 14, 15, 16], [17], [18, 19, 20]]


@pytest.fixture(scope="module")
def weights():
    """A small BERT."""
    torch.manual_seed(0)
    shapes = {"embeddings.word_embeddings": (WORDS, WIDTH), "embeddings.position_embeddings": (20, WIDTH)}
    shapes |= {"embeddings.token_type_embeddings": (2, WIDTH), "embeddings.LayerNorm": (WIDTH,)}
    for number in range(LAYERS):
        prefix = f"encoder.layer.{number}."
        shapes |= {f"{prefix}attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        shapes |= {f"{prefix}attention.output.dense": (WIDTH, WIDTH), f"{prefix}intermediate.dense": (WIDE, WIDTH)}
        shapes |= {f"{prefix}output.dense": (WIDTH, WIDE), f"{prefix}output.LayerNorm": (WIDTH,)}
        shapes[f"{prefix}attention.output.LayerNorm"] = (WIDTH,)
    tensors = {f"{name}.weight": torch.randn(shape) * 0.2 + (len(shape) == 1) for name, shape in shapes.items()}
    return tensors | {f"{name}.bias": torch.randn(shape[0]) * 0.1 for name, shape in shapes.items()}


def plain(weights, sentence):
    """The unit row of one sentence by nn.TransformerEncoderLayer."""

    def of(name):
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    hidden = weights["embeddings.word_embeddings.weight"][sentence]
    hidden = hidden + weights["embeddings.position_embeddings.weight"][: len(sentence)]
    hidden = hidden + weights["embeddings.token_type_embeddings.weight"][0]
    hidden = nn.functional.layer_norm(hidden, (WIDTH,), *of("embeddings.LayerNorm"), EPSILON)[None]
    for number in range(LAYERS):
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, WIDE, 0.0, "gelu", EPSILON, batch_first=True).eval()
        prefix = f"encoder.layer.{number}."
        parts = [of(f"{prefix}attention.self.{part}") for part in ("query", "key", "value")]
        state = {"self_attn.in_proj_weight": torch.cat([part[0] for part in parts])}
        state["self_attn.in_proj_bias"] = torch.cat([part[1] for part in parts])
        for ours, theirs in (
            ("attention.output.dense", "self_attn.out_proj"),
            ("intermediate.dense", "linear1"),
            ("output.dense", "linear2"),
            ("attention.output.LayerNorm", "norm1"),
            ("output.LayerNorm", "norm2"),
        ):
            state[f"{theirs}.weight"], state[f"{theirs}.bias"] = of(prefix + ours)
        layer.load_state_dict(state)
        with torch.no_grad():
            hidden = layer(hidden)
    mean = hidden[0].mean(0).numpy()
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize("packed", [True, False])
def test_rows_are_those_of_plain_layers_sentence_by_sentence(weights, packed, monkeypatch):
    if not packed:
        monkeypatch.setattr(bert, "packs", lambda: False)
    encoder = BertEncoder(weights, LAYERS, HEADS, EPSILON)
    wanted = np.stack([plain(weights, sentence) for sentence in SENTENCES])
    np.testing.assert_allclose(encoder.rows(SENTENCES), wanted, atol=1e-5)
    for sentence, row in zip(SENTENCES, wanted, strict=True):
        np.testing.assert_allclose(encoder.rows([sentence]), row[None], atol=1e-5)


def test_sentences_of_one_length_need_no_mask_and_give_the_same(weights):
    encoder = BertEncoder(weights, LAYERS, HEADS, EPSILON)
    sentences = [SENTENCES[0], SENTENCES[4]]
    np.testing.assert_allclose(encoder.rows(sentences), [plain(weights, s) for s in sentences], atol=1e-5)


def test_half_precision_turns_rows_by_less_than_a_degree(weights, monkeypatch):
    monkeypatch.setattr(half_precision, "has_bfloat16", lambda: True)
    rows = BertEncoder(weights, LAYERS, HEADS, EPSILON, "auto").rows(SENTENCES)
    assert rows.dtype == np.float32
    cosines = (rows * np.stack([plain(weights, sentence) for sentence in SENTENCES])).sum(axis=1)
    assert 0.9998 < cosines.min() < 1 - 1e-9


def test_another_precision_is_refused(weights):
    with pytest.raises(ConfigError, match="'int8', wanted auto or float32"):
        BertEncoder(weights, LAYERS, HEADS, EPSILON, "int8")


def test_tokens_are_filled_up_to_few_sizes_and_by_little():
    sizes = [rounded(tokens) for tokens in range(1, 4097)]
    assert all(size >= tokens for tokens, size in enumerate(sizes, 1))
    assert max(size / tokens for tokens, size in enumerate(sizes, 1) if tokens > 8) < 1.25
    assert len(set(sizes)) < 50
