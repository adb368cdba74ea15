"""The MinkUNet family: names, sizes, and the whole network against one built of dense convolutions."""

import pytest
import torch
from torch.nn import functional
from torch.nn.functional import cosine_similarity

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.minkunet import ARCHITECTURES, MinkUNet, count_parameters

torch.set_num_threads(1)
DOWN = ("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2")
UP = ("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2")


def unloaded(name, in_channels=6, out_channels=10):
    """Names and shapes alone, without memory."""
    with torch.device("meta"):
        return MinkUNet(name, in_channels, out_channels)


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = MinkUNet("MinkUNet14A", 6, 10).double()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.normal_(module.bias, std=0.1)
    return network.eval()


@pytest.fixture
def cloud():
    """(n, 4) voxels of two clouds on both sides of zero, and (n, 6) features."""
    generator = torch.Generator().manual_seed(1)
    voxels = torch.stack([torch.randint(low, low + 16, (240,), generator=generator) for low in (0, -8, -16, 0)], dim=1)
    voxels[:, 0] = torch.arange(240) % 2
    voxels = voxels.unique(dim=0)
    voxels = voxels[torch.randperm(len(voxels), generator=generator)]
    return voxels, torch.randn(len(voxels), 6, generator=generator, dtype=torch.float64)


def run(network, voxels, features):
    with torch.no_grad():
        return network(SparseTensor(features, CoordinatePyramid(voxels))).features


class DenseNetwork:
    """The same weights over a (batch, channels, z, y, x) grid; a mask of every level keeps empty cells at zero."""

    def __init__(self, network, occupied):
        self.state, self.layers = network.state_dict(), ARCHITECTURES[network.architecture].layers
        self.masks = [occupied]
        for _ in range(4):
            self.masks.append(functional.max_pool3d(self.masks[-1], 2))

    def convolve(self, name, grid, level, stride=1, transpose=False):
        kernel = self.state[f"{name}.kernel"]
        size = round((kernel.shape[0] if kernel.ndim == 3 else 1) ** (1 / 3))
        weight = kernel.view(size, size, size, *kernel.shape[-2:]).permute(4, 3, 0, 1, 2)
        if transpose:
            return functional.conv_transpose3d(grid, weight.transpose(0, 1), stride=2) * self.masks[level]
        return functional.conv3d(grid, weight, stride=stride, padding=(size - 1) // 2) * self.masks[level]

    def normalise(self, name, grid, level):
        mean, var, weight, bias = (
            self.state[f"{name}.bn.{k}"] for k in ("running_mean", "running_var", "weight", "bias")
        )
        return functional.batch_norm(grid, mean, var, weight, bias) * self.masks[level]

    def block(self, name, grid, level):
        out = self.normalise(f"{name}.norm1", self.convolve(f"{name}.conv1", grid, level), level).relu()
        out = self.normalise(f"{name}.norm2", self.convolve(f"{name}.conv2", out, level), level)
        if f"{name}.downsample.0.kernel" in self.state:
            grid = self.convolve(f"{name}.downsample.0", grid, level)
            grid = self.normalise(f"{name}.downsample.1", grid, level)
        return (out + grid).relu()

    def stage(self, number, grid, level):
        for layer in range(self.layers[number - 1]):
            grid = self.block(f"block{number}.{layer}", grid, level)
        return grid

    def __call__(self, grid):
        skips = [self.normalise("bn0", self.convolve("conv0p1s1", grid, 0), 0).relu()]
        for level, name in enumerate(DOWN, start=1):
            x = self.normalise(f"bn{level}", self.convolve(name, skips[-1], level, stride=2), level).relu()
            skips.append(self.stage(level, x, level))
        x = skips.pop()
        for number, name in enumerate(UP, start=4):
            level = 7 - number
            x = self.normalise(f"bntr{number}", self.convolve(name, x, level, transpose=True), level).relu()
            x = self.stage(number + 1, torch.cat([x, skips.pop()], dim=1), level)
        return self.convolve("final", x, 0) + self.state["final.bias"].view(1, -1, 1, 1, 1)


@pytest.mark.parametrize("name", ["MinkUNet14A", "MinkUNet18A"])
def test_whole_network_equals_dense_convolutions(name, network, cloud):
    if name != network.architecture:
        network = MinkUNet(name, 6, 10).double().eval()
    voxels, features = cloud
    first = voxels[:, 0] == 0
    x, y, z = (voxels[first, 1:] - torch.tensor([-16, -16, 0])).unbind(1)
    grid, occupied = torch.zeros(1, 6, 16, 16, 32).double(), torch.zeros(1, 1, 16, 16, 32).double()
    grid[0, :, z, y, x] = features[first].t()
    occupied[0, 0, z, y, x] = 1.0
    with torch.no_grad():
        expected = DenseNetwork(network, occupied)(grid)[0, :, z, y, x].t()
    assert expected.std() > 0.01
    torch.testing.assert_close(run(network, voxels, features)[first], expected, atol=1e-10, rtol=0)


def test_permuted_rows_give_the_permuted_answer(network, cloud):
    voxels, features = cloud
    order = torch.randperm(len(voxels), generator=torch.Generator().manual_seed(2))
    expected = run(network, voxels, features)[order]
    torch.testing.assert_close(run(network, voxels[order], features[order]), expected, atol=1e-10, rtol=0)


def test_moving_by_the_coarsest_stride_changes_nothing(network, cloud):
    voxels, features = cloud
    expected = run(network, voxels, features)
    moved = voxels + torch.tensor([0, 16, -32, 160])
    torch.testing.assert_close(run(network, moved, features), expected, atol=1e-10, rtol=0)
    by_less = run(network, voxels + torch.tensor([0, 8, 0, 0]), features)
    assert (by_less - expected).abs().max() > 1e-3


def test_clouds_of_a_batch_do_not_see_each_other(network, cloud):
    voxels, features = cloud
    second = voxels[:, 0] == 1
    alone = run(network, voxels[second] * torch.tensor([0, 1, 1, 1]), features[second])
    torch.testing.assert_close(run(network, voxels, features)[second], alone, atol=1e-10, rtol=0)


def test_bfloat16_answers_point_where_float32_ones_do(network, cloud):
    voxels, features = cloud
    exact = run(network.float(), voxels, features.float())
    rounded = run(network.bfloat16(), voxels, features.bfloat16())
    assert cosine_similarity(rounded.float(), exact).min() > 0.995
    assert not torch.equal(rounded.float(), exact)


def test_training_on_bfloat16_features_keeps_float32_weights_and_near_gradients(network, cloud):
    voxels, features = cloud
    gradients = []
    for dtype in (torch.float32, torch.bfloat16):
        network.float().eval().zero_grad()
        out = network(SparseTensor(features.to(dtype), CoordinatePyramid(voxels))).features
        assert out.dtype == dtype
        out.float().square().mean().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters()]))
    assert gradients[1].dtype == torch.float32
    assert cosine_similarity(*(g[None] for g in gradients)) > 0.995


def test_a_gradient_reaches_every_parameter(network, cloud):
    voxels, features = cloud
    network.train()(SparseTensor(features, CoordinatePyramid(voxels))).features.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("training", [False, True])
def test_a_lone_voxel_gets_a_finite_answer(network, training):
    features = torch.ones(1, 6, dtype=torch.float64)
    out = run(network.train(training), torch.tensor([[0, -3, 4, 5]]), features)
    assert out.shape == (1, 10)
    assert out.isfinite().all()


def test_parameters_carry_the_names_and_shapes_of_published_checkpoints():
    state = unloaded("MinkUNet14D", 3, 768).state_dict()
    shapes = {
        "conv0p1s1.kernel": (125, 3, 32),
        "bn0.bn.weight": (32,),
        "bn0.bn.running_mean": (32,),
        "conv1p1s2.kernel": (8, 32, 32),
        "block1.0.conv1.kernel": (27, 32, 32),
        "block1.0.norm1.bn.bias": (32,),
        "block2.0.downsample.0.kernel": (32, 64),
        "block2.0.downsample.1.bn.running_var": (64,),
        "conv4p8s2.kernel": (8, 128, 128),
        "convtr4p16s2.kernel": (8, 256, 384),
        "bntr4.bn.weight": (384,),
        "block5.0.conv1.kernel": (27, 512, 384),
        "convtr7p2s2.kernel": (8, 384, 384),
        "block8.0.conv1.kernel": (27, 416, 384),
        "final.kernel": (384, 768),
        "final.bias": (1, 768),
    }
    assert {name: tuple(state[name].shape) for name in shapes} == shapes
    assert "block1.0.downsample.0.kernel" not in state


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_stage_has_its_planes_and_blocks(name):
    state = unloaded(name).state_dict()
    for number, (planes, layers) in enumerate(zip(*vars(ARCHITECTURES[name]).values(), strict=True), start=1):
        kernels = [key for key in state if key.startswith(f"block{number}.") and key.endswith("conv2.kernel")]
        assert kernels == [f"block{number}.{layer}.conv2.kernel" for layer in range(layers)]
        assert all(state[key].shape == (27, planes, planes) for key in kernels)


@pytest.mark.parametrize(("name", "millions"), [("MinkUNet14A", 8.1), ("MinkUNet14D", 43.6)])
def test_parameter_counts_are_the_known_ones(name, millions):
    network = unloaded(name, 3, 384 if name == "MinkUNet14A" else 768)
    assert round(count_parameters(network) / 1e6, 1) == millions


def test_backbone_ends_before_the_final_layer(network, cloud):
    voxels, features = cloud
    x = SparseTensor(features, CoordinatePyramid(voxels))
    with torch.no_grad():
        backbone = network.backbone(x).features
        assert backbone.shape == (len(voxels), 96)
        expected = backbone @ network.final.kernel + network.final.bias
        torch.testing.assert_close(network(x).features, expected)


def test_an_unknown_architecture_is_told_the_known_ones():
    with pytest.raises(ConfigError, match=r"'MinkUNet99'.*MinkUNet14A.*MinkUNet34C"):
        MinkUNet("MinkUNet99", 6, 10)
