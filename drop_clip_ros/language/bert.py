"""BERT's encoder for a few short sentences at a time: fused, packed once, and without padding between sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from drop_clip_ros.language.half_precision import wants_bfloat16

if TYPE_CHECKING:
    import torch

# Rows that packed matrices are laid out for: the word pieces of a phrase. Other numbers work too.
_ROWS = 8


class BertEncoder:
    """The layers of a BERT and the mean over its tokens.

    Tokens of all sentences are the rows of one matrix; only attention sees which belong together. Query, key and value
    are one product, and weights are stored as the matrix products want them.

    Args:
        weights: by the names of the published BERT; of which only the word embeddings are referred to afterwards.
        layers, heads: how many.
        epsilon: of the layer norms.
        precision: of the matrix products: "float32", or "auto" for bfloat16 where the processor multiplies it itself,
            in two thirds of the time and half the memory, with rows of cosine above 0.9999.

    Raises:
        ConfigError: another precision.
    """

    def __init__(
        self, weights: Mapping[str, torch.Tensor], layers: int, heads: int, epsilon: float, precision: str = "float32"
    ) -> None:
        import torch

        self._heads, self._epsilon = heads, epsilon
        self._kind = torch.bfloat16 if wants_bfloat16(precision, "the text encoder") else torch.float32
        with torch.inference_mode():
            self._words = weights["embeddings.word_embeddings.weight"]
            token_type = weights["embeddings.token_type_embeddings.weight"][0]
            self._positions = weights["embeddings.position_embeddings.weight"] + token_type
            self._first_norm = _norm(weights, "embeddings.LayerNorm")
            self._layers = [_Layer(weights, f"encoder.layer.{number}.", self._kind) for number in range(layers)]

    def rows(self, sentences: Sequence[Sequence[int]]) -> np.ndarray:
        """(b, width) float32 unit rows of sentences, each its token ids."""
        import torch
        from torch.nn import functional

        layout = _Layout([len(sentence) for sentence in sentences])
        ids = torch.zeros(rounded(layout.tokens), dtype=torch.long)
        ids[: layout.tokens] = torch.tensor([identifier for sentence in sentences for identifier in sentence])
        with torch.inference_mode():
            hidden = self._words[ids]
            hidden[: layout.tokens] += self._positions[layout.position]
            hidden = self._forward(hidden, layout)[: layout.tokens]
            sums = torch.zeros(len(sentences), hidden.shape[1]).index_add_(0, layout.owner, hidden)
            return functional.normalize(sums, dim=-1).numpy()

    def _forward(self, hidden: torch.Tensor, layout: _Layout) -> torch.Tensor:
        """Rows of all tokens after all layers; those beyond the layout's mean nothing."""
        from torch.nn import functional

        shape, kind, epsilon = (hidden.shape[1],), self._kind, self._epsilon
        hidden = functional.layer_norm(hidden, shape, *self._first_norm, epsilon)
        for layer in self._layers:
            joined = layer.query_key_value(hidden.to(kind)).float()
            attended = layer.attention_output(self._attended(joined, layout).to(kind))
            hidden = functional.layer_norm(hidden + attended, shape, *layer.attention_norm, epsilon)
            wide = layer.down(layer.up(hidden.to(kind)))
            hidden = functional.layer_norm(hidden + wide, shape, *layer.output_norm, epsilon)
        return hidden

    def _attended(self, joined: torch.Tensor, layout: _Layout) -> torch.Tensor:
        """(t, width) attention over the tokens of the same sentence, from (t, 3 · width) queries, keys and values."""
        from torch.nn import functional

        (batch, length), rows, width = layout.size, joined.shape[0], joined.shape[1] // 3
        joined = joined[: layout.tokens]
        if batch > 1:
            joined = joined.new_zeros(batch * length, 3 * width).index_copy_(0, layout.place, joined)
        parts = joined.view(batch, length, 3, self._heads, width // self._heads).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=layout.mask)
        attended = attended.transpose(1, 2).reshape(batch * length, width)
        if batch > 1:
            attended = attended[layout.place]
        return functional.pad(attended, (0, 0, 0, rows - layout.tokens))


class _Layout:
    """Where the tokens of sentences lie in (sentence, token) arrays, from the sentences' lengths."""

    def __init__(self, lengths: Sequence[int]) -> None:
        import torch

        counts = np.array(lengths)
        owner = np.repeat(np.arange(len(counts)), counts)
        position = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        self.tokens, self.size = len(owner), (len(counts), int(counts.max()))
        self.owner, self.position = torch.from_numpy(owner), torch.from_numpy(position)
        self.place = self.owner * self.size[1] + self.position
        self.mask = None  # sentences of one length see all their tokens
        if len(set(lengths)) > 1:
            self.mask = torch.from_numpy(np.arange(self.size[1]) < counts[:, None])[:, None, None, :]


def rounded(rows: int) -> int:
    """The number of rows that so many tokens are filled up to, at most a quarter more beyond eight.

    oneDNN makes code for each size of a product when it first meets it, in milliseconds, and keeps it, in some hundred
    kilobytes: few sizes make few of these.
    """
    step = 2
    while rows > 8 * step:
        step *= 2
    return -(-rows // step) * step


class _Layer:
    """One layer's products and norms."""

    def __init__(self, weights: Mapping[str, torch.Tensor], prefix: str, kind: torch.dtype) -> None:
        import torch

        def parameters(*names: str) -> tuple[torch.Tensor, torch.Tensor]:
            matrix, bias = (
                torch.cat([weights[f"{prefix}{name}.{end}"] for name in names]) for end in ("weight", "bias")
            )
            return matrix.to(kind), bias.to(kind)

        self.query_key_value = product(
            *parameters("attention.self.query", "attention.self.key", "attention.self.value")
        )
        self.attention_output = product(*parameters("attention.output.dense"))
        self.up = product(*parameters("intermediate.dense"), gelu=True)
        self.down = product(*parameters("output.dense"))
        self.attention_norm = _norm(weights, f"{prefix}attention.output.LayerNorm")
        self.output_norm = _norm(weights, f"{prefix}output.LayerNorm")


def product(matrix: torch.Tensor, bias: torch.Tensor, gelu: bool = False) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function: (t, i) rows to (t, o) rows, rows @ matrix.T + bias, through GELU where that is wanted.

    The matrix is packed once as oneDNN wants it, which torch's own linear layers do at each call: half the time for
    the few rows of a phrase. A torch without these operators takes the plain ones.
    """
    import torch
    from torch.nn import functional

    if not packs():
        if gelu:
            return lambda rows: functional.gelu(functional.linear(rows, matrix, bias))
        return lambda rows: functional.linear(rows, matrix, bias)
    operators = torch.ops.mkldnn
    packed = operators._reorder_linear_weight(matrix.contiguous(), _ROWS)
    kind, algorithm = ("gelu", "none") if gelu else ("none", "")
    return lambda rows: operators._linear_pointwise(rows, packed, bias, kind, [], algorithm)


def packs() -> bool:
    """Whether this torch has the operators for packed matrices."""
    import torch

    operators = torch.ops.mkldnn
    return torch.backends.mkldnn.is_available() and all(
        hasattr(operators, name) for name in ("_reorder_linear_weight", "_linear_pointwise")
    )


def _norm(weights: Mapping[str, torch.Tensor], name: str) -> tuple[torch.Tensor, torch.Tensor]:
    # Copies: the file they came from is closed, and its pages are given back.
    return weights[f"{name}.weight"].clone(), weights[f"{name}.bias"].clone()
