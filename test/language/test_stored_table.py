"""Stored vectors by phrase."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.stored_table import StoredTable

SHARED = Path(os.environ.get("DROP_CLIP_DATA", Path(__file__).resolve().parents[3] / "shared"))


@pytest.fixture
def table():
    return StoredTable(["red_mug", "Banana"], np.array([[3.0, 4.0], [0.0, 2.0]]), "table:test")


def test_rows_are_found_by_phrase_and_normalised(table):
    np.testing.assert_allclose(table.encode(["banana", "Red mug"]), [[0, 1], [0.6, 0.8]])


def test_unknown_phrase_names_near_ones(table):
    with pytest.raises(LanguageError, match="no vector for 'red mugs' among 2 phrases; near: red mug"):
        table.encode(["red mugs"])


def test_reads_npz_with_the_name_of_its_space(tmp_path):
    np.savez(tmp_path / "t.npz", names=np.array(["mug"]), vectors=np.eye(1, 4), space="minilm-l6-v2")
    table = StoredTable.from_name(f"table:{tmp_path / 't.npz'}")
    assert (table.name, table.dim) == ("minilm-l6-v2", 4)


def test_reads_npy_with_a_json_list_beside_it(tmp_path):
    np.save(tmp_path / "t.npy", np.eye(2, dtype=np.float16))
    (tmp_path / "t.json").write_text(json.dumps(["mug", "cup"]), encoding="utf-8")
    assert StoredTable.from_name(f"table:{tmp_path / 't.npy'}").encode(["cup"]).tolist() == [[0, 1]]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(LanguageError, match=r"nowhere\.json"):
        StoredTable.from_name(f"table:{tmp_path / 'nowhere.npy'}")


def test_npz_without_names_says_what_it_holds(tmp_path):
    np.savez(tmp_path / "t.npz", vectors=np.eye(2))
    with pytest.raises(LanguageError, match="lacks names; it holds vectors"):
        StoredTable.from_name(f"table:{tmp_path / 't.npz'}")


@pytest.mark.parametrize(
    ("vectors", "reason"),
    [
        (np.eye(3), r"2 phrases and vectors of shape \(3, 3\)"),
        (np.array([[1.0, 0], [0, 0]]), "vector of 'cup' is zero or not finite"),
        (np.array([[1.0, 0], [np.nan, 0]]), "vector of 'cup' is zero or not finite"),
        (np.array([["a"], ["b"]]), "must be numbers"),
    ],
)
def test_unusable_vectors_are_refused(vectors, reason):
    with pytest.raises(LanguageError, match=reason):
        StoredTable(["mug", "cup"], vectors, "table:test")


@pytest.mark.skipif(not (SHARED / "embeddings" / "lvis_b32.npy").is_file(), reason="no shared embeddings")
def test_real_clip_vectors_put_a_cup_nearer_to_a_mug_than_to_a_broom():
    folder = SHARED / "embeddings"
    table = StoredTable.from_name(f"table:{folder / 'lvis_b32.npy'},{folder / 'lvis.json'}")
    mug, cup, broom = table.encode(["mug", "cup", "broom"])
    assert table.dim == 512
    assert mug @ cup > mug @ broom + 0.05


def test_truncated_archive_is_named(tmp_path):
    path = tmp_path / "table.npz"
    np.savez(path, names=np.array(["mug"]), vectors=np.ones((1, 4), np.float32))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(LanguageError, match="cannot read the stored vectors"):
        StoredTable.from_name(f"table:{path}")
