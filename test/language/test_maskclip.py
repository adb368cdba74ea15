"""MaskCLIP's value path, against the whole transformer with a last block that attends to itself alone."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.maskclip import value_path_features

WIDTH, PATCH, SIDE = 16, 4, 12


class Block(nn.Module):
    """A pre-norm transformer block with open_clip's names."""

    def __init__(self, batch_first):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attn = nn.MultiheadAttention(WIDTH, 4, batch_first=batch_first)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 32), nn.GELU(), nn.Linear(32, WIDTH))

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class TinyViT(nn.Module):
    """A vision transformer with open_clip's attributes for pictures of 12 x 12, patches of 4."""

    def __init__(self, batch_first=True):
        super().__init__()
        tokens = (SIDE // PATCH) ** 2 + 1
        self.conv1 = nn.Conv2d(3, WIDTH, PATCH, PATCH, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(WIDTH))
        self.positional_embedding = nn.Parameter(torch.randn(tokens, WIDTH))
        self.ln_pre, self.ln_post = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.transformer = nn.Module()
        self.transformer.resblocks = nn.ModuleList(Block(batch_first) for _ in range(3))
        self.proj = nn.Parameter(torch.randn(WIDTH, 6))
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.3)


def by_masked_attention(visual, pixels, positions):
    """The same features by letting each token of the last block attend to itself alone, block by block."""
    patches = visual.conv1(pixels).flatten(2).transpose(1, 2)
    start = visual.class_embedding.expand(len(patches), 1, WIDTH)
    x = visual.ln_pre(torch.cat([start, patches], dim=1) + positions)
    x = x if visual.transformer.resblocks[0].attn.batch_first else x.transpose(0, 1)
    for block in visual.transformer.resblocks[:2]:
        x = block(x)
    last = visual.transformer.resblocks[2]
    y = last.ln_1(x)
    itself_alone = ~torch.eye(patches.shape[1] + 1, dtype=torch.bool)
    x = last.attn(y, y, y, attn_mask=itself_alone, need_weights=False)[0]
    x = x if last.attn.batch_first else x.transpose(0, 1)
    return (visual.ln_post(x) @ visual.proj)[:, 1:]


@pytest.mark.parametrize("batch_first", [True, False])
@torch.no_grad()
def test_every_patch_answers_with_its_own_value(batch_first):
    torch.manual_seed(0)
    visual, pixels = TinyViT(batch_first), torch.randn(2, 3, SIDE, SIDE)
    found = value_path_features(visual, pixels)
    assert found.shape == (2, 3, 3, 6)
    wanted = by_masked_attention(visual, pixels, visual.positional_embedding)
    np.testing.assert_allclose(found.reshape(2, 9, 6), wanted, atol=1e-5)


@torch.no_grad()
def test_other_sizes_interpolate_the_positions():
    torch.manual_seed(0)
    visual, pixels = TinyViT(), torch.randn(1, 3, 16, 24)
    # Positions that differ from column to column alone: six columns come of three, and each row has them alike.
    columns = torch.randn(3, WIDTH)
    visual.positional_embedding[1:] = columns.repeat(3, 1)
    six = nn.functional.interpolate(
        columns.T[None, :, None], (1, 6), mode="bicubic", align_corners=False, antialias=True
    )[0, :, 0].T
    positions = torch.cat([visual.positional_embedding[:1], six.repeat(4, 1)])
    found = value_path_features(visual, pixels)
    assert found.shape == (1, 4, 6, 6)
    np.testing.assert_allclose(found.reshape(1, 24, 6), by_masked_attention(visual, pixels, positions), atol=1e-4)


def test_a_size_that_patches_do_not_fill_is_refused():
    with pytest.raises(LanguageError, match="14x12 pixels for patches of 4"):
        value_path_features(TinyViT(), torch.zeros(1, 3, 12, 14))


def test_networks_of_other_kinds_are_refused():
    with pytest.raises(LanguageError, match="need a CLIP vision transformer; SimpleNamespace lacks conv1"):
        value_path_features(SimpleNamespace(), torch.zeros(1, 3, 8, 8))
    pooling = TinyViT()
    pooling.attn_pool = nn.Identity()
    with pytest.raises(LanguageError, match="it pools by attention"):
        value_path_features(pooling, torch.zeros(1, 3, 8, 8))
