"""`drop-clip models list` shows what can be named."""

import json

from drop_clip_ros.cli.main import main


def test_bundles_of_the_named_folder_are_listed_first(bundle_on_disk, monkeypatch, capsys):
    monkeypatch.setenv("DROP_CLIP_MODELS", str(bundle_on_disk.parent))
    assert main(["models", "list", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert (first["name"], first["architecture"], first["text_space"]) == ("by-lot", "MinkUNet14A", "minilm-l6-v2")
    assert first["folder"] == str(bundle_on_disk)


def test_a_damaged_bundle_is_listed_as_such(tmp_path, monkeypatch, capsys):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.yaml").write_text("name: [")
    monkeypatch.setenv("DROP_CLIP_MODELS", str(tmp_path))
    assert main(["models", "list"]) == 0
    assert "cannot be read" in " ".join(capsys.readouterr().out.split())
