"""What language may say about an object: the fields of DROP-CLIP's annotation format (paper, Fig. 10)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

QUERY_TYPES = ("class", "attribute", "affordance", "open")


@dataclass(frozen=True)
class ObjectAnnotation:
    """Semantic concepts of one object instance.

    Args:
        category: the catalogue's category, "mug".
        names: class names, most usual first: "mug", "coffee mug".
        colors: colour names, dominant first: "red", "white".
        material: "ceramic".
        state: "empty", "closed", "unopened".
        utility: what it is for, a phrase: "holding hot drinks".
        affordances: what one who wants it would say: "something to drink coffee from", "I'm thirsty".
        descriptions: open descriptions: "the red coffee mug with a handle".
        hypernyms: wider classes: "drinkware", "kitchenware".
        brand: printed brand, if any.
        title: printed title, if any.
    """

    category: str
    names: tuple[str, ...]
    colors: tuple[str, ...] = ()
    material: str = ""
    state: str = ""
    utility: str = ""
    affordances: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    hypernyms: tuple[str, ...] = ()
    brand: str = ""
    title: str = ""
    extra: dict = field(default_factory=dict)

    def to_json(self) -> dict:
        """Plain lists and strings, for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict) -> ObjectAnnotation:
        """The annotation that `to_json` wrote."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        return cls(**fields)

    def referring_expressions(self) -> dict[str, tuple[str, ...]]:
        """Expressions by query type (class, attribute, affordance, open), most usual first."""
        colored = [f"{color} {name}" for color in self.colors for name in self.names[:2]]
        material = [f"{self.material} {self.names[0]}"] if self.material else []
        return {
            "class": self.names,
            "attribute": tuple(dict.fromkeys(colored + material)),
            "affordance": self.affordances,
            "open": self.descriptions,
        }
