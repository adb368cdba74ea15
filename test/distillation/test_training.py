"""The training loop on three coloured boxes."""

from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
import torch

from drop_clip_ros.distillation.batches import BatchMaker
from drop_clip_ros.distillation.objective import phrase_truth
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.recipe_files import load_recipe
from drop_clip_ros.distillation.targets import TargetTable
from drop_clip_ros.distillation.training import Distiller, train
from drop_clip_ros.errors import SceneError
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture

SMALL = Recipe(architecture="MinkUNetSmall", batch_size=2, max_voxels=300, loss_voxels=300, warmup_steps=5)


@pytest.fixture(scope="module", autouse=True)
def small_architecture():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ARCHITECTURES, "MinkUNetSmall", Architecture((16,) * 8, (1,) * 8))
        patch.setitem(ARCHITECTURES, "MinkUNetOther", Architecture((8,) * 8, (1,) * 8))
        yield


@pytest.fixture(scope="module")
def batches(packed):
    maker = BatchMaker([packed], SMALL, 0)
    return [maker.batch() for _ in range(6)]


def weights(distiller):
    return torch.cat([p.detach().flatten() for p in distiller.state.network.parameters()])


def test_thirty_steps_lower_every_loss_and_leave_finite_weights(table, batches):
    distiller, draw = Distiller(SMALL, table, seed=0), cycle(batches)
    history = [distiller.train_step(next(draw), progress=0.0) for _ in range(30)]
    assert set(history[0]) == {"cosine", "contrastive", "object", "phrase", "offset", "learning_rate"}
    for name in ("cosine", "contrastive", "object", "offset"):
        first, last = (np.mean([losses[name] for losses in part]) for part in (history[:6], history[-6:]))
        assert last < 0.9 * first, name
    assert all(torch.isfinite(t).all() for t in distiller.state.network.state_dict().values())
    assert all(torch.isfinite(t).all() for t in distiller.state.average.state_dict().values())


def test_auxiliary_losses_join_where_the_recipe_wants_them(table, batches):
    recipe = replace(SMALL, supervised_contrastive_weight=0.5, triplet_weight=0.25, auxiliary_voxels=100)
    distiller, draw = Distiller(recipe, table, seed=0), cycle(batches)
    history = [distiller.train_step(next(draw), progress=0.0) for _ in range(12)]
    for name in ("supervised_contrastive", "triplet"):
        first, last = (np.mean([losses[name] for losses in part]) for part in (history[:4], history[-4:]))
        assert last < first, name


def test_training_is_repeatable_by_its_seed(table, batches):
    ends = []
    for seed in (1, 1, 2):
        distiller = Distiller(SMALL, table, seed)
        for batch in batches[:2]:
            distiller.train_step(batch, 0.0)
        ends.append(weights(distiller))
    assert torch.equal(ends[0], ends[1])
    assert not torch.equal(ends[0], ends[2])


def test_a_resumed_run_takes_the_steps_that_the_first_would_have_taken(table, batches, tmp_path):
    first = Distiller(SMALL, table, seed=0)
    for batch in batches[:3]:
        first.train_step(batch, 0.2)
    first.save(tmp_path / "checkpoint.pt")
    second = Distiller(SMALL, table, seed=0)
    second.load(tmp_path / "checkpoint.pt")
    assert second.state.step == 3
    torch.manual_seed(99)  # whoever draws beside them changes nothing
    for batch in batches[3:]:
        assert first.train_step(batch, 0.2) == second.train_step(batch, 0.2)
    assert torch.equal(weights(first), weights(second))
    assert torch.equal(first.state.average.net3d.bn0.bn.running_var, second.state.average.net3d.bn0.bn.running_var)
    assert not list(tmp_path.glob("*.tmp"))


def test_a_run_from_another_s_weights_starts_at_step_zero_with_their_average(table, batches, tmp_path):
    first = Distiller(SMALL, table, seed=0)
    first.train_step(batches[0], 0.0)
    first.save(tmp_path / "checkpoint.pt")
    second = Distiller(replace(SMALL, learning_rate=1e-4), table, seed=7)
    second.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert second.state.step == 0
    for name, tensor in first.state.average.state_dict().items():
        assert torch.equal(second.state.network.state_dict()[name], tensor)


@pytest.mark.parametrize(
    "other", [replace(SMALL, architecture="MinkUNetOther"), replace(SMALL, offset_weight=0.0), None]
)
def test_a_checkpoint_of_another_run_is_refused(table, tmp_path, other):
    if other is None:
        (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    else:
        Distiller(other, table).save(tmp_path / "checkpoint.pt")
    with pytest.raises(SceneError, match=r"checkpoint\.pt does not continue this run"):
        Distiller(SMALL, table).load(tmp_path / "checkpoint.pt")


def test_a_truncated_checkpoint_is_refused(table, tmp_path):
    path = tmp_path / "checkpoint.pt"
    Distiller(SMALL, table).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SceneError, match="does not continue this run"):
        Distiller(SMALL, table).load(path)


def test_a_loss_that_is_not_finite_stops_the_run_before_the_weights_change(table, batches):
    distiller = Distiller(SMALL, table)
    before = weights(distiller)
    spoilt = replace(batches[0], features=np.full_like(batches[0].features, np.nan))
    with pytest.raises(SceneError, match="the loss is nan at step 0, wanted a finite number"):
        distiller.train_step(spoilt, 0.0)
    assert torch.equal(weights(distiller), before)


def test_the_average_follows_the_network(table, batches):
    distiller = Distiller(SMALL, table)
    distiller.train_step(batches[0], 0.0)
    start = distiller.state.average.net3d.final.kernel.detach().clone()
    distiller.train_step(batches[1], 0.0)
    network, average = (n.net3d.final.kernel.detach() for n in (distiller.state.network, distiller.state.average))
    decay = (1 + 2) / (10 + 2)  # of a young average, at step 2
    torch.testing.assert_close(average, decay * start + (1 - decay) * network)


def test_the_rate_warms_up_holds_and_falls(table):
    recipe = replace(SMALL, learning_rate=1.0, min_learning_rate=0.1, warmup_steps=10)
    rate = Distiller(recipe, table).learning_rate
    assert [rate(step, 0.0) for step in (0, 4, 9, 500)] == pytest.approx([0.1, 0.5, 1.0, 1.0])
    assert [rate(500, progress) for progress in (0.39, 0.7, 1.0, 1.2)] == pytest.approx([1.0, 0.55, 0.1, 0.1])


def test_the_paper_s_rate_is_a_cosine_from_the_first_step(table):
    recipe = replace(load_recipe("paper"), architecture="MinkUNetSmall")
    rate = Distiller(recipe, table).learning_rate
    assert [rate(0, progress) for progress in (0.0, 0.5, 1.0)] == pytest.approx([3e-4, 2e-4, 1e-4])


@pytest.mark.parametrize("name", ["paper", "paper-partial"])
def test_the_paper_s_recipe_trains(name, table, packed):
    switches = {"architecture": "MinkUNet14A", "batch_size": "1", "max_voxels": "300"}
    recipe = load_recipe(name, switches)
    batch, distiller = BatchMaker([packed], recipe, 0).batch(), Distiller(recipe, table)
    losses = [distiller.train_step(batch, 0.0) for _ in range(4)]
    assert set(losses[0]) == {"cosine", "learning_rate"}
    assert losses[-1]["cosine"] < losses[0]["cosine"]
    assert distiller.state.network.offset_head is None


def test_the_loop_stops_logs_and_saves(table, batches, tmp_path):
    distiller, draw, logs, saves = Distiller(SMALL, table), cycle(batches), [], []
    train(
        distiller,
        lambda: next(draw),
        tmp_path / "checkpoint.pt",
        steps=6,
        save_every=3,
        log_every=2,
        on_log=lambda step, progress, losses: logs.append((step, progress, losses["cosine"])),
        on_save=lambda current: saves.append(current.state.step),
    )
    assert (distiller.state.step, saves) == (6, [3, 6])
    assert [step for step, _, _ in logs] == [2, 4, 6]
    assert [progress for _, progress, _ in logs] == pytest.approx([1 / 6, 3 / 6, 5 / 6])
    assert [entry["step"] for entry in distiller.state.history] == [2, 4, 6]
    assert distiller.state.seconds > 0
    resumed = Distiller(SMALL, table)
    resumed.load(tmp_path / "checkpoint.pt")
    train(resumed, lambda: pytest.fail("the run is over"), tmp_path / "checkpoint.pt", steps=6)
    assert resumed.state.history == distiller.state.history


def test_minutes_count_the_earlier_parts_of_a_run(table, tmp_path):
    distiller = Distiller(SMALL, table)
    distiller.state.seconds = 61.0
    train(distiller, lambda: pytest.fail("the minute is over"), tmp_path / "checkpoint.pt", minutes=1.0)
    assert (tmp_path / "checkpoint.pt").exists()


@pytest.fixture
def phrase_table():
    """One red object with the phrase "red mug"; the other phrases' cosines to it are as written."""
    cosines = {"red mug": 1.0, "crimson cup": 0.8, "blue mug": 0.9, "red fork": 0.7, "banana": 0.1}
    embeddings = np.array([[c, np.sqrt(1 - c * c)] for c in cosines.values()], np.float32)
    colors = [{"red"}, set(), {"blue"}, {"red"}, set()]
    return TargetTable(
        ("mug",), tuple(cosines), embeddings, (np.array([0]), np.array([4])), (frozenset({"red"}), frozenset()),
        tuple(frozenset(words) for words in colors), embeddings[[0, 4]], np.zeros(2), embeddings[[0]], ("red mug",),
    )  # fmt: skip


def test_near_phrases_are_unknown_unless_their_colour_is_wrong(phrase_table):
    # True: its own. Unknown: as near as "crimson cup". False: "blue mug" though nearer, "red fork", "banana".
    assert phrase_truth(phrase_table, 0, np.arange(5)).tolist() == [1, -1, 0, 0, 0]
    assert phrase_truth(phrase_table, 0, np.array([2, 0])).tolist() == [0, 1]
