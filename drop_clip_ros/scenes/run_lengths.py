"""Masks as run lengths, as COCO's tools read and write them: column by column, the first run being zeros.

The compressed form is COCO's own: from the fourth run on, a run is given by its difference to the one two before it, in
groups of five bits, least first, bit 6 saying that more follow, plus 48 to be printable (pycocotools `maskApi.c`
documents the layout; this is written from it).
"""

from __future__ import annotations

import numpy as np

from drop_clip_ros.errors import SceneError

_LONGEST = 7  # groups of five bits that hold any signed 32-bit number


def run_lengths(mask: np.ndarray) -> np.ndarray:
    """Lengths of the alternating runs of zeros and ones of a mask.

    Args:
        mask: (h, w) bool.

    Returns:
        (n,) int64, of zeros first; their sum is h·w.
    """
    flat = np.asarray(mask, dtype=bool).T.reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = np.concatenate([[0], changes, [len(flat)]])
    lengths = np.diff(starts)
    return np.concatenate([[0], lengths]) if len(flat) and flat[0] else lengths


def compress(lengths: np.ndarray) -> str:
    """Run lengths as COCO's compressed string."""
    rest = np.array(lengths, dtype=np.int64)
    rest[3:] -= np.asarray(lengths, dtype=np.int64)[1:-2]
    codes = np.zeros((len(rest), _LONGEST), dtype=np.uint8)
    written = np.zeros((len(rest), _LONGEST), dtype=bool)
    open_ = np.ones(len(rest), dtype=bool)
    for place in range(_LONGEST):
        written[:, place] = open_
        group = rest & 31
        rest >>= 5
        more = np.where(group & 16, rest != -1, rest != 0)
        codes[:, place] = group + 32 * more + 48
        open_ = open_ & more
    return codes[written].tobytes().decode("ascii")


def decompress(text: str) -> np.ndarray:
    """Run lengths of COCO's compressed string.

    Raises:
        SceneError: the string ends within a number or has other characters.
    """
    lengths: list[int] = []
    value = shift = 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64:
            raise SceneError(f"run lengths hold the character {character!r}, wanted one of '0' to 'o'")
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
        value = shift = 0
    if shift:
        raise SceneError(f"run lengths {text[-12:]!r} end within a number, wanted a whole string")
    return np.array(lengths, dtype=np.int64)


def encode_mask(mask: np.ndarray) -> dict:
    """A mask as COCO's compressed segmentation: {"size": [h, w], "counts": str}."""
    height, width = mask.shape
    return {"size": [int(height), int(width)], "counts": compress(run_lengths(mask))}


def encode_instances(mask: np.ndarray) -> dict[int, dict]:
    """What `encode_mask` gives of each instance, all from one walk through the mask.

    Args:
        mask: (h, w) instance ids, 0 = none.
    """
    height, width = mask.shape
    flat = np.ascontiguousarray(mask.T).reshape(-1)
    edges = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1, [len(flat)]])
    shown = flat[edges[:-1]]
    found = {}
    for number in np.unique(shown[shown > 0]):
        own = np.flatnonzero(shown == number)
        # Its runs begin and end at edges; what lies between is zeros, and so may be what comes last.
        changes = np.stack([edges[own], edges[own + 1]], axis=1).reshape(-1)
        lengths = np.diff(changes, prepend=0, append=len(flat))
        counts = compress(lengths if lengths[-1] else lengths[:-1])
        found[int(number)] = {"size": [int(height), int(width)], "counts": counts}
    return found


def decode_mask(segmentation: dict) -> np.ndarray:
    """The mask of a compressed or uncompressed segmentation.

    Args:
        segmentation: {"size": [h, w], "counts": str or list of int}.

    Returns:
        (h, w) bool.

    Raises:
        SceneError: the runs do not fill the size.
    """
    height, width = segmentation["size"]
    counts = segmentation["counts"]
    lengths = decompress(counts) if isinstance(counts, str) else np.asarray(counts, dtype=np.int64)
    if lengths.sum() != height * width or (lengths < 0).any():
        raise SceneError(f"run lengths cover {lengths.sum()} pixels, wanted {height * width} of {height}x{width}")
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(width, height).T
