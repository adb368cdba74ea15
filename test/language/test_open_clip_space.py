"""CLIP spaces, with a stand-in for open_clip; and with a tiny model of open_clip itself where that is installed."""

import importlib.util
import json
import sys
import types

import numpy as np
import pytest

from drop_clip_ros.errors import LanguageError, MissingDependencyError
from drop_clip_ros.language.open_clip_space import PAPER_MODEL, OpenClipSpace

TINY = {
    "embed_dim": 16,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}


@pytest.fixture
def stand_in(monkeypatch):
    """A module that answers like open_clip without network or weights."""
    module = types.ModuleType("open_clip")
    module.list_models = lambda: ["ViT-B-32", "ViT-B-32-quickgelu", "RN50"]
    module.list_pretrained_tags_by_model = lambda model: ["openai", "laion400m_e31"]

    def create(model, pretrained, device):
        raise RuntimeError("Failed to download weights\nfor a tag")

    module.create_model_and_transforms = create
    monkeypatch.setitem(sys.modules, "open_clip", module)
    return module


def test_missing_package_is_one_line_with_pip(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(MissingDependencyError, match=r"open_clip: pip install 'drop_clip_ros\[clip\]'"):
        OpenClipSpace.from_name(PAPER_MODEL)


@pytest.mark.parametrize("name", ["openclip:", "openclip:ViT-B-32", "openclip:/openai", "openclip:ViT-B-32/"])
def test_malformed_name_is_refused(name):
    with pytest.raises(LanguageError, match="not of the form"):
        OpenClipSpace.from_name(name)


def test_unknown_model_names_near_ones(stand_in):
    with pytest.raises(LanguageError, match="no model 'ViT-B-33'; near: ViT-B-32, "):
        OpenClipSpace("ViT-B-33", "openai")


def test_unknown_tag_names_the_known_ones(stand_in):
    with pytest.raises(LanguageError, match="no weights 'nope' for ViT-B-32-quickgelu; known: openai, laion400m_e31"):
        OpenClipSpace("ViT-B-32-quickgelu", "nope")


def test_openai_weights_need_the_quickgelu_model(stand_in, tmp_path):
    with pytest.raises(LanguageError, match="use the model 'ViT-B-32-quickgelu'"):
        OpenClipSpace("ViT-B-32", "openai", checkpoint=tmp_path)


def test_failed_download_says_what_to_do_in_one_line(stand_in):
    with pytest.raises(LanguageError, match=r"write 'openclip:ViT-B-32-quickgelu/openai=<file>'") as caught:
        OpenClipSpace.from_name("openclip:ViT-B-32-quickgelu/openai")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", ["openai=nowhere.pt", "nowhere.pt"])
def test_missing_checkpoint_file_is_named(stand_in, given):
    with pytest.raises(LanguageError, match=r"there is no checkpoint file nowhere\.pt"):
        OpenClipSpace.from_name(f"openclip:ViT-B-32-quickgelu/{given}")


def test_checkpoint_that_does_not_load_is_named(stand_in, tmp_path):
    file = tmp_path / "weights.pt"
    file.write_bytes(b"nothing")
    with pytest.raises(LanguageError, match=r"weights\.pt does not load as weights of this model"):
        OpenClipSpace.from_name(f"openclip:ViT-B-32-quickgelu/openai={file}")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A randomly initialised CLIP of open_clip's own, saved to a file and loaded back by name."""
    if importlib.util.find_spec("open_clip") is None:
        pytest.skip("open_clip is not installed")
    import torch

    from drop_clip_ros.language.open_clip_space import import_open_clip

    open_clip = import_open_clip()
    folder = tmp_path_factory.mktemp("open_clip")
    (folder / "tiny-test-clip.json").write_text(json.dumps(TINY), encoding="utf-8")
    open_clip.add_model_config(folder / "tiny-test-clip.json")
    torch.manual_seed(0)
    network = open_clip.create_model("tiny-test-clip").eval()
    torch.save(network.state_dict(), folder / "weights.pt")
    return network, OpenClipSpace.from_name(f"openclip:tiny-test-clip/{folder / 'weights.pt'}")


def test_texts_and_images_are_unit_rows_of_one_space(tiny):
    _, space = tiny
    images = [np.random.default_rng(seed).integers(0, 255, (40, 30, 3), np.uint8) for seed in range(3)]
    rows = np.concatenate([space.encode(["mug", "чашка"]), space.encode_images(images)])
    assert rows.shape == (5, 16)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_rows_are_those_of_open_clip(tiny):
    import open_clip
    import torch

    network, space = tiny
    with torch.no_grad():
        expected = network.encode_text(open_clip.get_tokenizer("tiny-test-clip")(["red mug"]))
    expected = torch.nn.functional.normalize(expected, dim=-1).numpy()
    np.testing.assert_allclose(space.encode(["red mug"]), expected, atol=1e-5)


def test_name_of_a_file_is_its_digest(tiny):
    _, space = tiny
    assert space.name == space.text_space
    assert space.name.startswith("openclip:tiny-test-clip/sha256-")


def test_image_of_another_type_is_refused(tiny):
    with pytest.raises(LanguageError, match=r"float64 \(4, 4, 3\); it must be uint8"):
        tiny[1].encode_images([np.zeros((4, 4, 3))])


def test_patch_features_are_those_of_a_last_block_that_attends_to_itself(tiny):
    import torch

    network, space = tiny
    image = np.random.default_rng(0).integers(0, 255, (32, 64, 3), np.uint8)
    found = space.encode_patches([image, image])
    assert found.shape == (2, 2, 4, 16)
    # The only block of the tiny model, told to look nowhere else, and without residual and MLP.
    visual = network.visual
    square = np.ascontiguousarray(image[:, :32])
    pixels = torch.tensor((square / 255.0 - visual.image_mean) / visual.image_std).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        x = visual.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([visual.class_embedding.expand(1, 1, -1), x], dim=1) + visual.positional_embedding
        block = visual.transformer.resblocks[0]
        y = block.ln_1(visual.ln_pre(x)).transpose(0, 1)
        alone = ~torch.eye(y.shape[0], dtype=torch.bool)
        attend = torch.nn.functional.multi_head_attention_forward
        attention = block.attn
        x, _ = attend(
            *(y, y, y, 32, attention.num_heads, attention.in_proj_weight, attention.in_proj_bias, None, None),
            *(False, 0.0, attention.out_proj.weight, attention.out_proj.bias),
            attn_mask=alone,
        )
        wanted = (visual.ln_post(x.transpose(0, 1)) @ visual.proj)[0, 1:]
    np.testing.assert_allclose(space.encode_patches([square]).reshape(4, 16), wanted.numpy(), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(space.unit_rows(found[0, 0]), axis=1), 1.0, atol=1e-5)
