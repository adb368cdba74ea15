"""Foreign checkpoints, written out by hand from MinkowskiEngine's published names and shapes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from drop_clip_ros.cli.main import main
from drop_clip_ros.distillation.import_checkpoint import CLIP_TEXT_SPACE, detect_architecture, import_checkpoint
from drop_clip_ros.errors import BundleError
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.student.bundle import read_bundle
from drop_clip_ros.student.student import Student

torch.set_num_threads(1)
PLANES_14A = (32, 64, 128, 256, 128, 128, 96, 96)


def published(in_channels=6, feature_dim=768, planes=PLANES_14A, layers=(1,) * 8, prefix="module.net3d.", seed=0):
    """A state dict in the layout of DROP-CLIP's released checkpoint, its weights drawn at random."""
    generator, state = torch.Generator().manual_seed(seed), {}

    def convolution(name, *shape):
        state[f"{prefix}{name}.kernel"] = torch.randn(shape, generator=generator) / np.sqrt(np.prod(shape[:-1]) / 2)

    def norm(name, channels):
        for key, value in {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}.items():
            state[f"{prefix}{name}.bn.{key}"] = torch.full((channels,), value)
        state[f"{prefix}{name}.bn.num_batches_tracked"] = torch.tensor(7)

    def stage(number, width):
        for layer in range(layers[number - 1]):
            block, out = f"block{number}.{layer}", planes[number - 1]
            for part, channels in (("1", width), ("2", out)):
                convolution(f"{block}.conv{part}", 27, channels, out)
                norm(f"{block}.norm{part}", out)
            if width != out:
                convolution(f"{block}.downsample.0", width, out)  # 1x1x1: two dimensions, unlike all others
                norm(f"{block}.downsample.1", out)
            width = out

    convolution("conv0p1s1", 125, in_channels, 32)
    norm("bn0", 32)
    widths = (32, *planes[:4])
    for number, name in enumerate(("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2"), start=1):
        convolution(name, 8, widths[number - 1], widths[number - 1])
        norm(f"bn{number}", widths[number - 1])
        stage(number, widths[number - 1])
    for number, name in enumerate(("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2"), start=4):
        convolution(name, 8, planes[number - 1], planes[number])
        norm(f"bntr{number}", planes[number])
        stage(number + 1, planes[number] + widths[7 - number])
    convolution("final", planes[7], feature_dim)
    state[f"{prefix}final.bias"] = torch.zeros(1, feature_dim)
    return state


@pytest.fixture
def saved(tmp_path):
    def save(content):
        torch.save(content, tmp_path / "best.pth")
        return tmp_path / "best.pth"

    return save


def test_a_published_checkpoint_becomes_a_bundle_with_its_weights(saved, tmp_path):
    state = published()
    content = {"state_dict": state, "epoch": 300, "best_miou": np.float64(0.7), "optimizer": {"param_groups": []}}
    report = import_checkpoint(saved(content), tmp_path / "bundle")
    bundle = read_bundle(tmp_path / "bundle")
    assert (report.architecture, report.in_channels, report.feature_dim) == ("MinkUNet14A", 6, 768)
    assert bundle.text_space == CLIP_TEXT_SPACE
    assert bundle.manifest["coding"] == {"center": "centroid", "color": "unit", "use_xyz": True}
    assert bundle.manifest["offsets"] is False
    assert set(bundle.tensors) == {key.removeprefix("module.") for key in state}
    for key, tensor in state.items():
        torch.testing.assert_close(bundle.tensors[key.removeprefix("module.")], tensor.half().to(tensor.dtype))


def test_an_imported_bundle_encodes_and_answers_in_a_stored_space(saved, tmp_path, boxes):
    table = tmp_path / "phrases.npz"
    np.savez(table, names=np.array(["red mug", "banana"]), vectors=np.random.default_rng(0).normal(size=(2, 768)))
    import_checkpoint(saved(published()), tmp_path / "bundle", text_space=f"table:{table}")
    scene = Segmenter.load(tmp_path / "bundle", device="cpu").encode(boxes.frame)
    assert scene.cloud.offsets is None
    np.testing.assert_allclose(np.linalg.norm(scene.cloud.features, axis=1), 1.0, atol=1e-5)
    assert scene.cloud.features.std(axis=0).max() > 1e-3
    assert scene.segment("red mug").model == "bundle"


def test_three_channels_take_rgb_alone(saved, tmp_path):
    import_checkpoint(saved(published(in_channels=3, feature_dim=16)), tmp_path / "bundle")
    student, rng = Student.load(tmp_path / "bundle", "cpu"), np.random.default_rng(0)
    xyz, rgb = rng.uniform(0, 0.05, (300, 3)), rng.integers(0, 256, (300, 3), dtype=np.uint8)
    # Moved by whole coarse cells (16 voxels of 5 mm), a network that sees no coordinates answers the same.
    moved = student.encode(xyz + 0.08, rgb).features
    np.testing.assert_allclose(moved, student.encode(xyz, rgb).features, atol=1e-4)


@pytest.mark.parametrize(
    ("planes", "layers", "name"),
    [
        ((32, 64, 128, 256, 128, 128, 96, 96), (2,) * 8, "MinkUNet18A"),
        ((32, 64, 128, 256, 384, 384, 384, 384), (1,) * 8, "MinkUNet14D"),
        ((32, 64, 128, 256, 256, 128, 96, 96), (2, 3, 4, 6, 2, 2, 2, 2), "MinkUNet34C"),
    ],
)
def test_the_architecture_is_told_from_planes_and_blocks(planes, layers, name):
    state = published(feature_dim=8, planes=planes, layers=layers, prefix="")
    assert detect_architecture(state, Path("best.pth")) == name


@pytest.mark.parametrize(
    ("wrap", "prefix"),
    [
        (lambda state: state, ""),
        (lambda state: {"model": state}, "net3d."),
        (lambda state: {"model": {"state_dict": state}, "scale": torch.ones(1)}, "module.net3d."),
    ],
)
def test_wrappers_and_prefixes_do_not_matter(wrap, prefix, saved, tmp_path):
    state = published(feature_dim=8, prefix=prefix)
    import_checkpoint(saved(wrap(state)), tmp_path / "bundle")
    final = read_bundle(tmp_path / "bundle").tensors["net3d.final.kernel"]
    torch.testing.assert_close(final, state[f"{prefix}final.kernel"], atol=1e-3, rtol=1e-3)


def test_old_one_by_one_kernels_with_a_leading_dimension_are_taken(saved, tmp_path):
    state = published(feature_dim=8)
    kernel = state["module.net3d.block2.0.downsample.0.kernel"]
    state["module.net3d.block2.0.downsample.0.kernel"] = kernel[None]
    import_checkpoint(saved(state), tmp_path / "bundle")
    stored = read_bundle(tmp_path / "bundle").tensors["net3d.block2.0.downsample.0.kernel"]
    assert stored.shape == kernel.shape == (32, 64)


def test_tensors_beside_the_network_are_ignored_and_named(saved, tmp_path):
    state = published(feature_dim=8) | {"module.cls_head.weight": torch.zeros(3)}
    assert import_checkpoint(saved(state), tmp_path / "bundle").ignored == ("module.cls_head.weight",)


def test_a_running_variance_beyond_float16_survives(saved, tmp_path):
    state = published(feature_dim=8)
    state["module.net3d.bn0.bn.running_var"][0] = 1e6
    import_checkpoint(saved(state), tmp_path / "bundle")
    assert read_bundle(tmp_path / "bundle").tensors["net3d.bn0.bn.running_var"][0] == 1e6


def without(key):
    return lambda state: state.pop(f"module.net3d.{key}")


def with_tensor(key, tensor):
    return lambda state: state.update({f"module.net3d.{key}": tensor})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without("block3.0.norm2.bn.bias"), r"misses block3\.0\.norm2\.bn\.bias, wanted all tensors of MinkUNet14A"),
        (without("conv0p1s1.kernel"), r"0 tensors called conv0p1s1\.kernel"),
        (without("final.kernel"), r"no final\.kernel"),
        (without("block8.0.conv1.kernel"), r"no block8\.0\.conv1\.kernel, wanted the eight stages"),
        (with_tensor("block3.0.conv3.kernel", torch.zeros(2)), r"also has block3\.0\.conv3\.kernel"),
        (with_tensor("bn1.bn.weight", torch.zeros(9)), r"bn1\.bn\.weight is \(9,\), wanted \(32,\) for MinkUNet14A"),
        (with_tensor("conv0p1s1.kernel", torch.zeros(125, 4, 32)), r"\(125, 4, 32\), wanted \(125, 3 or 6, 32\)"),
        (with_tensor("block8.0.conv1.kernel", torch.zeros(27, 128, 97)), r"planes \(32, .*, 97\) with .*MinkUNet34C"),
        (with_tensor("final.bias", torch.full((1, 8), torch.nan)), r"final\.bias holds NaN or infinity"),
    ],
)
def test_another_network_is_refused_by_name(spoil, message, saved, tmp_path):
    state = published(feature_dim=8)
    spoil(state)
    with pytest.raises(BundleError, match=message):
        import_checkpoint(saved(state), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_wrong_architecture_asked_for_is_refused(saved, tmp_path):
    file = saved(published(feature_dim=8))
    with pytest.raises(BundleError, match=r"is \(8, 256, 128\), wanted \(8, 256, 384\) for MinkUNet14D"):
        import_checkpoint(file, tmp_path / "bundle", architecture="MinkUNet14D")
    with pytest.raises(BundleError, match="'MinkUNet99', wanted auto or one of MinkUNet14A"):
        import_checkpoint(file, tmp_path / "bundle", architecture="MinkUNet99")


class Intruder:
    """A pickle that would run code when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (exec, (f"open({str(self.path)!r}, 'w')",))


def test_pickled_code_is_refused_and_does_not_run(saved, tmp_path):
    file = saved({"state_dict": published(feature_dim=8), "hook": Intruder(tmp_path / "ran")})
    with pytest.raises(BundleError, match="Python objects beside its tensors"):
        import_checkpoint(file, tmp_path / "bundle")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_checkpoint_is_refused(content, tmp_path):
    (tmp_path / "best.pth").write_bytes(content)
    with pytest.raises(BundleError, match=r"best\.pth .*wanted"):
        import_checkpoint(tmp_path / "best.pth", tmp_path / "bundle")


@pytest.mark.parametrize("content", [{"epoch": 3}, {"state_dict": {}}, [1, 2]])
def test_a_checkpoint_without_a_state_dict_says_what_it_holds(content, saved, tmp_path):
    with pytest.raises(BundleError, match=r"holds (epoch|nothing|list), wanted a state dict"):
        import_checkpoint(saved(content), tmp_path / "bundle")


def test_the_command_writes_the_bundle_and_says_so_in_json(saved, tmp_path, capsys):
    words = ["import-checkpoint", str(saved(published(feature_dim=8))), "--out", str(tmp_path / "mine"), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["architecture"] == "MinkUNet14A"
    assert read_bundle(tmp_path / "mine").name == "mine"


def test_the_command_tells_a_missing_file_in_one_line(tmp_path, capsys):
    assert main(["import-checkpoint", str(tmp_path / "none.pth"), "--out", str(tmp_path / "mine")]) == 2
    assert "none.pth, wanted a PyTorch checkpoint" in capsys.readouterr().err
