"""Bundles on disk: what is written comes back, and what is damaged is told apart."""

import hashlib
import json

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from drop_clip_ros.errors import BundleError
from drop_clip_ros.student.bundle import find_bundle, known_models, read_bundle, write_bundle
from drop_clip_ros.student.student import Student


def change_manifest(folder, **changes):
    manifest = yaml.safe_load((folder / "model.yaml").read_text(encoding="utf-8")) | changes
    kept = {key: value for key, value in manifest.items() if value is not None}
    (folder / "model.yaml").write_text(yaml.safe_dump(kept), encoding="utf-8")


def change_weights(folder, **changes):
    """Other weights under a right checksum."""
    tensors = load_file(str(folder / "student.safetensors"))
    for name, tensor in changes.items():
        tensors.pop(name.replace("__", "."), None)
        if tensor is not None:
            tensors[name.replace("__", ".")] = tensor
    save_file(tensors, str(folder / "student.safetensors"))
    digest = hashlib.sha256((folder / "student.safetensors").read_bytes()).hexdigest()
    change_manifest(folder, sha256=digest)


def test_what_is_written_comes_back_to_half_precision(bundle_folder, manifest, tensors):
    bundle = read_bundle(bundle_folder)
    assert {key: bundle.manifest[key] for key in manifest} == manifest
    assert (bundle.name, bundle.text_space, bundle.folder) == ("tiny", "table:none", bundle_folder)
    assert bundle.concept_names == ("red mug", "banana", "background")
    np.testing.assert_allclose(bundle.mean, np.linspace(-0.2, 0.2, 8), atol=1e-4)
    np.testing.assert_array_equal(bundle.concepts, np.eye(3, 8))
    network = {name: t for name, t in tensors.items() if not name.startswith("language.")}
    assert set(bundle.tensors) == set(network)
    for name, tensor in network.items():
        assert bundle.tensors[name].dtype == tensor.dtype
        torch.testing.assert_close(bundle.tensors[name], tensor, atol=1e-7, rtol=2**-11)


def test_the_files_are_plain_yaml_json_and_float16_safetensors(bundle_folder):
    whole = yaml.safe_load((bundle_folder / "model.yaml").read_text(encoding="utf-8"))
    assert (whole["format"], whole["voxel_size"], whole["scale"]) == (1, 0.05, 10.0)
    assert json.loads((bundle_folder / "concepts.json").read_text(encoding="utf-8"))[1] == "banana"
    stored = load_file(str(bundle_folder / "student.safetensors"))
    assert {str(t.dtype) for t in stored.values()} == {"torch.float16", "torch.int64"}


def test_without_mean_and_concepts_the_mean_is_zero(tmp_path, manifest, tensors):
    network = {name: t for name, t in tensors.items() if not name.startswith("language.")}
    write_bundle(tmp_path / "bare", manifest, network)
    bundle = read_bundle(tmp_path / "bare")
    assert not bundle.mean.any()
    assert (bundle.concepts.shape, bundle.concept_names) == ((0, 8), ())
    assert not (tmp_path / "bare" / "concepts.json").exists()


def test_a_value_that_float16_cannot_hold_is_kept_in_float32(tmp_path, manifest):
    write_bundle(tmp_path / "wide", manifest, {"wide": torch.tensor([1e6, 1.0]), "language.mean": torch.zeros(8)})
    assert read_bundle(tmp_path / "wide").tensors["wide"].tolist() == [1e6, 1.0]


def test_missing_weights_are_named(bundle_folder):
    (bundle_folder / "student.safetensors").unlink()
    with pytest.raises(BundleError, match=r"student\.safetensors is missing"):
        read_bundle(bundle_folder)


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b[:-1] + bytes([b[-1] ^ 1])])
def test_truncated_or_changed_weights_fail_their_checksum(bundle_folder, damage):
    path = bundle_folder / "student.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BundleError, match="truncated or changed, get it again"):
        read_bundle(bundle_folder)


def test_truncated_weights_without_a_checksum_are_still_refused(bundle_folder):
    path = bundle_folder / "student.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    change_manifest(bundle_folder, sha256=None)
    with pytest.raises(BundleError, match=r"cannot be read .* wanted a whole safetensors file"):
        read_bundle(bundle_folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "is of format 2, wanted 1"),
        ({"architecture": "MinkUNet99"}, r"architecture is 'MinkUNet99', wanted one of MinkUNet14A"),
        ({"text_space": None, "coding": None}, "misses text_space, coding, wanted format, name"),
    ],
)
def test_a_foreign_manifest_says_what_is_wrong(bundle_folder, changes, message):
    change_manifest(bundle_folder, **changes)
    with pytest.raises(BundleError, match=message):
        read_bundle(bundle_folder)


@pytest.mark.parametrize(("text", "message"), [("a: [1,", "cannot be read"), ("- 1\n", "holds list, wanted a mapping")])
def test_a_manifest_that_is_no_mapping_is_refused(bundle_folder, text, message):
    (bundle_folder / "model.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match=message):
        read_bundle(bundle_folder)


def test_concepts_and_names_must_be_as_many(bundle_folder):
    (bundle_folder / "concepts.json").write_text('["red mug"]', encoding="utf-8")
    with pytest.raises(BundleError, match=r"\(3, 8\) with 1 names"):
        read_bundle(bundle_folder)


def test_missing_names_of_concepts_are_told(bundle_folder):
    (bundle_folder / "concepts.json").unlink()
    with pytest.raises(BundleError, match=r"concepts\.json cannot be read"):
        read_bundle(bundle_folder)


def test_a_mean_of_another_dimension_is_refused(bundle_folder):
    change_weights(bundle_folder, language__mean=torch.zeros(5))
    with pytest.raises(BundleError, match=r"language.mean is \(5,\).*wanted \(8,\)"):
        read_bundle(bundle_folder)


@pytest.mark.parametrize(
    "changes",
    [{"net3d__final__kernel": None}, {"net3d__final__kernel": torch.zeros(2, 2)}, {"foreign": torch.zeros(1)}],
)
def test_weights_that_do_not_fit_the_architecture_are_refused_on_loading(bundle_folder, changes):
    change_weights(bundle_folder, **changes)
    with pytest.raises(BundleError, match=r"do not fit MinkUNet14A .*(final\.kernel|foreign)"):
        Student.load(bundle_folder, "cpu")


def test_an_unknown_coding_is_refused_on_loading(bundle_folder):
    change_manifest(bundle_folder, coding={"centre": "footprint"})
    with pytest.raises(BundleError, match="wanted center, color, use_xyz"):
        Student.load(bundle_folder, "cpu")


def test_the_environment_s_folders_are_searched_in_their_order(tmp_path, manifest, monkeypatch):
    mean = {"language.mean": torch.zeros(8)}
    for folder in ("first", "second"):
        write_bundle(tmp_path / folder / "tiny", manifest | {"name": folder}, mean)
    write_bundle(tmp_path / "second" / "other", manifest, mean)
    monkeypatch.setenv("DROP_CLIP_MODELS", f"{tmp_path / 'first'}:{tmp_path / 'second'}")
    assert read_bundle("tiny").name == "first"
    assert find_bundle("other") == tmp_path / "second" / "other"
    assert {"tiny", "other"} <= set(known_models())


def test_an_unknown_name_is_told_the_known_ones(bundle_folder, monkeypatch):
    monkeypatch.setenv("DROP_CLIP_MODELS", str(bundle_folder.parent))
    with pytest.raises(BundleError, match=r"'tyni', wanted a bundle's folder or one of: tiny"):
        find_bundle("tyni")


def test_a_folder_without_a_manifest_is_told(tmp_path):
    with pytest.raises(BundleError, match=r"holds no model\.yaml"):
        find_bundle(tmp_path)
