"""The objects that scenes are made of: generated ones, and folders of meshes with a manifest."""

from drop_clip_ros.scenes.catalogue.catalogue import Catalogue, load_catalogue
from drop_clip_ros.scenes.catalogue.model import CatalogueObject, TexturedPart

__all__ = ["Catalogue", "CatalogueObject", "TexturedPart", "load_catalogue"]
