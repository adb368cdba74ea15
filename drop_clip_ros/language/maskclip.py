"""MaskCLIP's value path: text-aligned features of patches from a CLIP vision transformer, without training.

In the last block every patch answers with its own value instead of what attention would gather for it (Zhou et al.,
"Extract Free Dense Labels from CLIP", 2022; as DROP-CLIP A.4 uses it). Nothing is pooled, and neither the last block's
residual nor its MLP is applied: they carry what the class token needed, not what the patch shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drop_clip_ros.errors import LanguageError

if TYPE_CHECKING:
    import torch

_NEEDED = ("conv1", "class_embedding", "positional_embedding", "ln_pre", "transformer", "ln_post", "proj")


def value_path_features(visual: Any, pixels: torch.Tensor) -> torch.Tensor:
    """Features of the patches of a batch of images.

    Args:
        visual: a vision transformer with open_clip's attributes: conv1, class_embedding, positional_embedding, ln_pre,
            transformer.resblocks (each with ln_1 and a `torch.nn.MultiheadAttention` attn), ln_post, proj.
        pixels: (b, 3, h, w) preprocessed; h and w are multiples of the patch size, otherwise free.

    Returns:
        (b, h / patch, w / patch, C), not normalised.

    Raises:
        LanguageError: the network is built otherwise (ResNets, SigLIP, attention pooling), or the size does not fit.
    """
    check_layout(visual)
    patch = visual.conv1.kernel_size
    height, width = pixels.shape[-2:]
    if height % patch[0] or width % patch[1]:
        raise LanguageError(f"image of {width}x{height} pixels for patches of {patch[0]}; wanted multiples of that")
    blocks = visual.transformer.resblocks
    batch_first = bool(blocks[-1].attn.batch_first)
    tokens = _embed(visual, pixels)
    tokens = tokens if batch_first else tokens.transpose(0, 1)
    for block in blocks[:-1]:
        tokens = block(tokens)
    values = _values(blocks[-1], tokens)
    values = values if batch_first else values.transpose(0, 1)
    out = visual.ln_post(values[:, 1:]) @ visual.proj
    return out.reshape(len(pixels), height // patch[0], width // patch[1], -1)


def check_layout(visual: Any) -> None:
    """See that a network has the attributes that `value_path_features` reads.

    Raises:
        LanguageError: it has not.
    """
    lacking = [name for name in _NEEDED if getattr(visual, name, None) is None]
    if getattr(visual, "attn_pool", None) is not None:
        lacking.append("a class token (it pools by attention)")
    if not lacking:
        attention = getattr(visual.transformer.resblocks[-1], "attn", None)
        lacking = [] if hasattr(attention, "in_proj_weight") else ["a plain multi-head attention in its last block"]
    if lacking:
        raise LanguageError(
            f"patch features need a CLIP vision transformer; {type(visual).__name__} lacks {', '.join(lacking)}: "
            "choose a ViT such as openclip:ViT-L-14-336-quickgelu/openai"
        )


def _embed(visual: Any, pixels: torch.Tensor) -> torch.Tensor:
    """(b, 1 + patches, width) tokens, with position embeddings scaled to this grid."""
    import torch

    grid = visual.conv1(pixels)
    tokens = grid.flatten(2).transpose(1, 2)
    start = visual.class_embedding.to(tokens.dtype).expand(len(tokens), 1, -1)
    places = _positions(visual.positional_embedding, grid.shape[-2:]).to(tokens.dtype)
    return visual.ln_pre(torch.cat([start, tokens], dim=1) + places)


def _positions(embedding: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """(1 + h · w, width) position embeddings for a grid of patches, bicubic from the square one of the training."""
    import torch
    from torch.nn import functional

    side = round((len(embedding) - 1) ** 0.5)
    if tuple(grid) == (side, side):
        return embedding
    square = embedding[1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    scaled = functional.interpolate(square.float(), tuple(grid), mode="bicubic", align_corners=False, antialias=True)
    return torch.cat([embedding[:1], scaled.permute(0, 2, 3, 1).flatten(1, 2)[0].to(embedding.dtype)])


def _values(block: Any, tokens: torch.Tensor) -> torch.Tensor:
    """The last block's value and output projections of each token by itself."""
    from torch.nn import functional

    attention, width = block.attn, tokens.shape[-1]
    bias = attention.in_proj_bias
    values = functional.linear(
        block.ln_1(tokens), attention.in_proj_weight[2 * width :], None if bias is None else bias[2 * width :]
    )
    values = attention.out_proj(values)
    scale = getattr(block, "ls_1", None)
    return values if scale is None else scale(values)
