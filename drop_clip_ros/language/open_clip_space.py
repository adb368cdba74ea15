"""CLIP models by way of open_clip: texts and images in one space, weights from the hub or from a file."""

from __future__ import annotations

import difflib
import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from drop_clip_ros.errors import LanguageError, MissingDependencyError
from drop_clip_ros.language.maskclip import check_layout, value_path_features
from drop_clip_ros.language.phrases import clean_phrases
from drop_clip_ros.language.torchvision_operators import ensure_torchvision_imports

# The model of the paper.
PAPER_MODEL = "openclip:ViT-L-14-336-quickgelu/openai"
INSTALL_LINE = "pip install 'drop_clip_ros[clip]' (torchvision and open-clip-torch)"
_TEXT_BATCH = 256
_IMAGE_BATCH = 32
_DENSE_BATCH = 4


class OpenClipSpace:
    """Texts and images in the space of one open_clip model.

    Args:
        model: a model that open_clip lists, "ViT-L-14-336-quickgelu".
        pretrained: the tag of its weights, "openai".
        checkpoint: a file that holds these weights; None has open_clip fetch them once from the hub into its cache.
        device: "cpu", "cuda", …; None takes CUDA where there is one.

    `digest` tells the weights of spaces apart.

    Raises:
        MissingDependencyError: open_clip is not installed.
        LanguageError: unknown model or tag, weights that cannot be fetched or do not fit.
    """

    def __init__(self, model: str, pretrained: str, checkpoint: str | Path | None = None, device: str | None = None):
        open_clip = import_open_clip()
        import torch

        self.name = self.text_space = f"openclip:{model}/{pretrained}"
        _check_model(open_clip, model, pretrained, checkpoint)
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        source = pretrained if checkpoint is None else str(checkpoint)
        try:
            with _quiet():
                network, _, self._preprocess = open_clip.create_model_and_transforms(
                    model, pretrained=source, device=self._device
                )
                self._tokenizer = open_clip.get_tokenizer(model)
        except Exception as error:  # hub, network, file and state-dict errors come in many classes
            raise LanguageError(_loading_failed(self.name, checkpoint, error)) from error
        self._network: Any = network.eval()
        # A tag's weights never change; a file's are told apart by its bytes.
        self.digest = self.name if checkpoint is None else f"{self.name}#{_digest(Path(checkpoint))[:16]}"
        self.dim = int(self.encode(["object"]).shape[1])

    @classmethod
    def from_name(cls, name: str, device: str | None = None) -> OpenClipSpace:
        """The space of "openclip:<model>/<tag>", "openclip:<model>/<tag>=<file>" or "openclip:<model>/<file>".

        With a file alone the tag is taken from its SHA-256, so that the name stays the same wherever the file lies.

        Raises:
            LanguageError: the name is not of this form, or the model cannot be loaded.
        """
        model, slash, pretrained = name.removeprefix("openclip:").partition("/")
        if not model or not slash or not pretrained:
            raise LanguageError(
                f"image and text space {name!r} is not of the form 'openclip:<model>/<pretrained>', "
                f"such as {PAPER_MODEL!r}"
            )
        tag, equals, file = pretrained.partition("=")
        if equals:
            return cls(model, tag, _existing(file, name), device)
        if Path(pretrained).is_file():
            return cls(model, f"sha256-{_digest(Path(pretrained))[:12]}", pretrained, device)
        if "/" in pretrained or Path(pretrained).suffix in (".pt", ".pth", ".safetensors", ".bin"):
            _existing(pretrained, name)
        return cls(model, pretrained, None, device)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts; what goes beyond the model's context (77 tokens in CLIP) is cut.

        Returns:
            (n, dim) float32 rows of unit norm.

        Raises:
            LanguageError: a text is empty, too long or not a string.
        """
        import torch

        cleaned = clean_phrases(texts)
        rows = []
        with torch.inference_mode():
            for start in range(0, len(cleaned), _TEXT_BATCH):
                tokens = self._tokenizer(cleaned[start : start + _TEXT_BATCH]).to(self._device)
                rows.append(self._network.encode_text(tokens, normalize=True).float().cpu().numpy())
        return np.concatenate(rows) if rows else np.empty((0, self.dim), np.float32)

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Encode uint8 RGB images of any size, (h, w, 3) each, through the model's own preprocessing.

        That preprocessing crops the middle square: hand over square images where the borders matter.

        Returns:
            (n, dim) float32 rows of unit norm.

        Raises:
            LanguageError: an image has another shape or type.
        """
        import torch
        from PIL import Image

        rows = []
        with torch.inference_mode():
            for start in range(0, len(images), _IMAGE_BATCH):
                pictures = [Image.fromarray(check_image(image)) for image in images[start : start + _IMAGE_BATCH]]
                batch = torch.stack([self._preprocess(picture) for picture in pictures]).to(self._device)
                rows.append(self._network.encode_image(batch, normalize=True).float().cpu().numpy())
        return np.concatenate(rows) if rows else np.empty((0, self.dim), np.float32)

    def encode_patches(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Features of patches by MaskCLIP's value path; nothing is cropped.

        The shorter side is scaled to the size that the model was trained with and the longer one in proportion, to
        whole patches: 640 x 480 becomes 448 x 336, 32 x 24 patches of 14, as in DROP-CLIP A.2.

        Returns:
            (n, h', w', dim) float32, not normalised.

        Raises:
            LanguageError: images of several sizes, an image of another shape or type, or a model that is no plain
                vision transformer.
        """
        import torch

        visual = self._network.visual
        check_layout(visual)
        check_same_size(images)
        rows = []
        with torch.inference_mode():
            for start in range(0, len(images), _DENSE_BATCH):
                batch = np.stack([self._scaled(image) for image in images[start : start + _DENSE_BATCH]])
                pixels = torch.from_numpy(batch).permute(0, 3, 1, 2).to(self._device).float().div(255.0)
                pixels = (pixels - self._tensor(visual.image_mean)) / self._tensor(visual.image_std)
                rows.append(value_path_features(visual, pixels.contiguous()).float().cpu().numpy())
        return np.concatenate(rows) if rows else np.empty((0, 1, 1, self.dim), np.float32)

    def unit_rows(self, rows: np.ndarray) -> np.ndarray:
        """Rows of patches as unit vectors."""
        rows = np.asarray(rows, np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)

    def _scaled(self, image: np.ndarray) -> np.ndarray:
        from PIL import Image

        height, width = image.shape[:2]
        patch, wanted = int(self._network.visual.conv1.kernel_size[0]), self._network.visual.image_size
        scale = (wanted if isinstance(wanted, int) else min(wanted)) / min(height, width)
        size = tuple(max(round(side * scale / patch), 1) * patch for side in (width, height))
        return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))

    def _tensor(self, values: Sequence[float]):
        import torch

        return torch.tensor(values, device=self._device).view(1, 3, 1, 1)


def check_same_size(images: Sequence[np.ndarray]) -> None:
    """See that images can be encoded together.

    Raises:
        LanguageError: one is no uint8 image, or their sizes differ.
    """
    sizes = sorted({check_image(image).shape[:2] for image in images})
    if len(sizes) > 1:
        raise LanguageError(f"images of the sizes {sizes[:3]} were given together; wanted one size (height, width)")


def check_image(image: np.ndarray) -> np.ndarray:
    """The image, if it is (h, w, 3) uint8 and not empty.

    Raises:
        LanguageError: it is not.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        seen = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise LanguageError(f"an image to encode is {seen}; it must be uint8 (height, width, 3)")
    if 0 in image.shape:
        raise LanguageError(f"an image to encode has the shape {image.shape}; it must have pixels")
    return image


def import_open_clip() -> Any:
    """The module open_clip, imported behind the torchvision guard.

    Raises:
        MissingDependencyError: it, or something it needs, is not installed.
    """
    try:
        import torch  # noqa: F401

        ensure_torchvision_imports()
        import open_clip
    except ImportError as error:
        raise MissingDependencyError(f"CLIP spaces need {error.name or 'open_clip'}: {INSTALL_LINE}") from error
    return open_clip


def _check_model(open_clip: Any, model: str, pretrained: str, checkpoint: str | Path | None) -> None:
    """Refuse what open_clip would only notice late, or not at all."""
    models = open_clip.list_models()
    if model not in models:
        near = difflib.get_close_matches(model, models, n=5, cutoff=0.4) or models[:5]
        raise LanguageError(f"open_clip has no model {model!r}; near: {', '.join(near)} ({len(models)} in all)")
    # OpenAI trained with QuickGELU; the plain model takes the same file without a word and answers nonsense.
    if pretrained == "openai" and not model.endswith("-quickgelu") and f"{model}-quickgelu" in models:
        raise LanguageError(f"OpenAI's weights were trained with QuickGELU: use the model '{model}-quickgelu'")
    tags = open_clip.list_pretrained_tags_by_model(model)
    if checkpoint is None and pretrained not in tags:
        known = ", ".join(tags) if tags else "none, give a file"
        raise LanguageError(f"open_clip has no weights {pretrained!r} for {model}; known: {known}")


def _loading_failed(name: str, checkpoint: str | Path | None, error: Exception) -> str:
    reason = " ".join(str(error).split())[:160] or type(error).__name__
    if checkpoint is not None:
        return f"{name}: {checkpoint} does not load as weights of this model ({reason})"
    return (
        f"{name}: its weights could not be fetched; connect to the hub once, or download them elsewhere and write "
        f"'{name}=<file>' ({reason})"
    )


def _existing(file: str, name: str) -> Path:
    if not Path(file).is_file():
        raise LanguageError(f"{name}: there is no checkpoint file {file}")
    return Path(file)


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _quiet() -> Iterator[None]:
    """No log lines of the hub's retries: the error raised afterwards says it once."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
