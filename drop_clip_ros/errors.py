"""The errors that users of drop_clip_ros meet: each names the thing, the value seen and the value wanted."""


class DropClipError(Exception):
    """Anything that went wrong in a way the user can put right.

    The message is one line: what it is about, what was seen and what was wanted.
    """


class FrameError(DropClipError):
    """A colour image, depth image or camera that cannot be used."""


class SupportError(DropClipError):
    """No support plane was found, or nothing stands on it."""


class CloudError(DropClipError):
    """A point cloud with unusable shapes, types or coordinates."""


class LanguageError(DropClipError):
    """A text that cannot be encoded, or a text space that is unknown or does not fit."""


class BundleError(DropClipError):
    """A model bundle that is missing, damaged, or of another layout or text space."""


class SceneError(DropClipError):
    """An object catalogue, mesh folder or stored scene that cannot be used."""


class AnnotationError(DropClipError):
    """Words about an object that cannot be got from a vision endpoint, or cannot be read."""


class ConfigError(DropClipError):
    """A parameter outside its range or of the wrong type."""


class MissingDependencyError(DropClipError):
    """An optional package that a feature needs and that is not installed; the message gives the pip line."""


class TransformError(DropClipError):
    """No pose of one coordinate frame in another."""


class ServiceError(DropClipError):
    """A service or action that is not there, or does not answer in time."""
