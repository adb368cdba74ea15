"""Packed shards: what is read from them is what the folders hold, by us, by tar and by WebDataset."""

import io
import json
import pickle
import tarfile

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.scenes.checksums import verify_checksums
from drop_clip_ros.scenes.packing import pack_dataset
from drop_clip_ros.scenes.storage import open_dataset


@pytest.fixture
def dataset(stored_dataset, add_scene):
    """A folder of three scenes."""
    for number in (1, 2):
        add_scene(stored_dataset, f"scene_{number:06d}", seed=20 + number)
    return open_dataset(stored_dataset)


@pytest.fixture
def out(tmp_path):
    """Where the shards go."""
    return tmp_path / "shards"


@pytest.fixture
def packed(dataset, out):
    """The dataset in shards of one scene each."""
    pack_dataset(dataset, out, shard_mb=0.03)
    return open_dataset(out)


def same_bytes(one, other):
    """Whether two folders of shards hold the same files."""
    return {f.name: f.read_bytes() for f in one.iterdir()} == {f.name: f.read_bytes() for f in other.iterdir()}


def test_view_from_a_shard_equals_the_folder_s(dataset, packed):
    assert packed.names == dataset.names
    assert packed.info == dataset.info
    for there, here in zip(packed, dataset, strict=True):
        assert [i.to_json() for i in there.instances] == [i.to_json() for i in here.instances]
        assert (there.seed, there.expressions, there.table) == (here.seed, here.expressions, here.table)
        for one, other in zip(there.views, here.views, strict=True):
            assert one.to_json() == other.to_json()
            np.testing.assert_array_equal(one.load_color(), other.load_color())
            np.testing.assert_array_equal(one.load_depth(), other.load_depth())
            np.testing.assert_array_equal(one.load_mask(), other.load_mask())


def test_scene_of_a_shard_travels_to_another_process(packed):
    view = pickle.loads(pickle.dumps(packed.scene("scene_000002"))).views[1]
    assert view.load_mask().max() == 2


def test_size_of_a_shard_is_kept(packed, out):
    assert [list(shard.scenes) for shard in packed.shards] == [[name] for name in packed.names]
    assert all(shard.file.stat().st_size <= 30_000 + 10_240 for shard in packed.shards)  # tar fills up to 10 KiB


def test_tar_unpacks_a_shard_into_folders_of_the_same_bytes(dataset, packed, tmp_path):
    with tarfile.open(packed.shards[1].file) as tar:
        tar.extractall(tmp_path / "again", filter="data")
    for file in (dataset.path / "scene_000001").iterdir():
        assert (tmp_path / "again" / "scene_000001" / file.name).read_bytes() == file.read_bytes(), file.name


def test_webdataset_reads_views_as_samples(dataset, packed, out):
    webdataset = pytest.importorskip("webdataset")
    from PIL import Image

    urls = sorted(str(file) for file in out.glob("*.tar"))
    samples = [s for s in webdataset.WebDataset(urls, shardshuffle=False) if "mask.png" in s]
    assert [s["__key__"] for s in samples] == [f"{n}/view_{k:03d}" for n in dataset.names for k in (0, 1)]
    view = dataset[1].views[1]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(samples[3]["mask.png"]))), view.load_mask())
    about = json.loads(samples[3]["json"])
    assert (about["scene"], about["world_from_camera"]) == ("scene_000001", view.world_from_camera.tolist())
    assert {i["id"]: i["object_id"] for i in about["instances"]} == {1: "box_a", 2: "box_b"}


def test_shards_are_whole_by_their_checksums(packed, out):
    assert verify_checksums(out).whole
    shard = packed.shards[0].file
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    assert verify_checksums(out).changed == (shard.name,)


def test_run_that_was_killed_goes_on_to_the_same_bytes(dataset, packed, out, tmp_path, monkeypatch):
    again = tmp_path / "again"

    def stop(done, wanted):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack_dataset(dataset, again, 0.03, stop)
    (again / ".shard-000001.tar.99.partial").write_bytes(b"left by a kill")
    assert open_dataset(again).names == ("scene_000000",)
    report = pack_dataset(dataset, again, 0.03)
    assert (report.packed, report.skipped, report.shards) == (2, 1, 3)
    assert same_bytes(out, again)


def test_scenes_that_came_since_are_added(dataset, packed, out, add_scene):
    add_scene(dataset.path, "scene_000003")
    report = pack_dataset(open_dataset(dataset.path), out)
    assert (report.packed, report.shards) == (1, 4)
    assert open_dataset(out).scene("scene_000003").views[0].load_mask().max() == 2


def test_shards_are_packed_anew_in_another_size(packed, tmp_path, dataset):
    pack_dataset(packed, tmp_path / "large")
    pack_dataset(dataset, tmp_path / "direct")
    assert same_bytes(tmp_path / "large", tmp_path / "direct")


def test_other_files_of_a_scene_travel_along(dataset, out):
    (dataset.path / "scene_000001" / "grasps.npz").write_bytes(b"grasps")
    (dataset.path / "scene_000001" / "coco.json").unlink()
    pack_dataset(dataset, out)
    folder = open_dataset(out).scene("scene_000001").folder
    assert (folder / "grasps.npz").read_bytes() == b"grasps"
    assert len(json.loads((folder / "coco.json").read_bytes())["annotations"]) == 4
    with pytest.raises(FileNotFoundError):
        (open_dataset(out).scene("scene_000000").folder / "grasps.npz").read_bytes()


def test_scene_without_an_image_is_named(dataset, out):
    (dataset.path / "scene_000001" / "view_001.depth.png").unlink()
    with pytest.raises(SceneError, match=r"scene_000001/view_001.depth.png is missing"):
        pack_dataset(dataset, out)


def test_file_that_changed_since_its_checksum_is_named(dataset, out):
    from drop_clip_ros.scenes.checksums import update_checksums

    update_checksums(dataset.path, dataset.names)
    (dataset.path / "scene_000000" / "view_000.mask.png").write_bytes(b"other")
    with pytest.raises(SceneError, match=r"view_000.mask.png is not what checksums.json says"):
        pack_dataset(dataset, out)


def test_truncated_shard_is_named(packed):
    view, shard = packed[0].views[0], packed.shards[0].file
    shard.write_bytes(shard.read_bytes()[:900])
    with pytest.raises(SceneError, match=r"shard-000000.tar ends within"):
        view.load_color()
    with pytest.raises(SceneError, match=r"shard-000000.tar has 900 bytes, wanted"):
        open_dataset(packed.path)[0]


def test_missing_shard_is_named(packed):
    packed.shards[1].file.unlink()
    with pytest.raises(SceneError, match=r"shard-000001.tar is missing"):
        packed.scene("scene_000001")


def test_folder_of_scenes_is_not_packed_into(dataset):
    with pytest.raises(SceneError, match="choose another folder"):
        pack_dataset(dataset, dataset.path)


def test_scene_that_was_made_anew_is_not_taken_for_the_packed_one(dataset, packed, out, add_scene):
    add_scene(dataset.path, "scene_000001", seed=99)
    with pytest.raises(SceneError, match=r"scene_000001 .* is not the one packed"):
        pack_dataset(dataset, out)


def test_size_of_nothing_is_refused(dataset, out):
    with pytest.raises(ConfigError, match="shard-mb"):
        pack_dataset(dataset, out, 0)
