"""Tiles fill the device, fit its shared memory and divide channels."""

import pytest
import torch

from drop_clip_ros.sparse.triton_tiles import alternatives, choose_tiles, fastest, interpreted_tiles, rows_of_tiles

HOPPER = 132  # multiprocessors


@pytest.mark.parametrize("n", [63, 700, 10_000, 200_000])
@pytest.mark.parametrize(("c_in", "c_out"), [(32, 32), (96, 96), (416, 384), (256, 384)])
def test_tiles_fit_and_few_outputs_are_split(n, c_in, c_out):
    tiles = choose_tiles(n, 27, c_in, c_out, torch.bfloat16, HOPPER)
    programs = -(-n // tiles.rows) * -(-c_out // tiles.columns) * tiles.splits
    assert programs >= HOPPER or tiles.splits == 16 or 27 * c_in // tiles.depth // tiles.splits < 32
    assert 2 * tiles.depth * (tiles.rows + tiles.columns) * tiles.stages < 227 * 1024
    assert c_in % tiles.depth == 0 or c_in > 256


def test_a_large_layer_is_not_split():
    assert choose_tiles(10_000, 27, 384, 384, torch.bfloat16, HOPPER).splits == 1
    assert choose_tiles(63, 1, 256, 128, torch.bfloat16, HOPPER).splits == 1  # one offset: no sum to share


def test_alternatives_keep_the_rows_of_the_plan():
    tiles = choose_tiles(500, 27, 128, 128, torch.bfloat16, HOPPER)
    found = alternatives(tiles, 128, 128)
    assert found[0] == tiles
    assert len(set(found)) == len(found) > 4
    assert {t.rows for t in found} == {rows_of_tiles(500)}


def test_the_interpreter_gets_whole_layers():
    tiles = interpreted_tiles(96, 384, 32)
    assert (tiles.rows, tiles.columns, tiles.depth, tiles.splits) == (32, 512, 128, 1)


def test_the_fastest_leaves_out_what_does_not_fit(monkeypatch):
    testing = pytest.importorskip("triton.testing", reason="triton is not installed: pip install triton (Linux only)")
    monkeypatch.setattr(testing, "do_bench", lambda run, **_: run())
    times = {32: 3.0, 64: 2.0}

    def run(tiles):
        if tiles.columns not in times:
            raise RuntimeError("out of resource: shared memory")
        return times[tiles.columns]

    candidates = [interpreted_tiles(16, c, 16) for c in (128, 32, 64)]
    assert fastest(candidates, run).columns == 64
