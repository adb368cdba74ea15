"""What describing objects by a vision endpoint will cost, before it starts."""

from __future__ import annotations

from dataclasses import dataclass

# Four letters a token are OpenAI's rule of thumb for English.
_LETTERS_A_TOKEN = 4
# Nine filled lines, measured on our own templates' answers, with room for a talkative model.
TOKENS_A_RESPONSE = 400


@dataclass(frozen=True)
class CostEstimate:
    """Tokens, and money where prices are known.

    Args:
        objects: to be described; tokens_in, tokens_out: for all of them; price: for all, or None without prices.
    """

    objects: int
    tokens_in: int
    tokens_out: int
    price: float | None


def price_of(tokens_in: int, tokens_out: int, price_in: float | None, price_out: float | None) -> float | None:
    """Money for tokens at prices a million tokens; None where a price is not given."""
    if price_in is None or price_out is None:
        return None
    return (tokens_in * price_in + tokens_out * price_out) / 1e6


def estimate_cost(
    objects: int,
    prompt: str,
    pictures: int,
    tokens_a_picture: int,
    price_in: float | None = None,
    price_out: float | None = None,
) -> CostEstimate:
    """What describing objects will cost if every first answer can be read.

    Args:
        objects: how many; prompt: the question's text; pictures: of each object.
        tokens_a_picture: as the endpoint counts; vendors publish their rule.
        price_in, price_out: money for a million tokens sent and received.
    """
    sent = objects * (len(prompt) // _LETTERS_A_TOKEN + pictures * tokens_a_picture)
    received = objects * TOKENS_A_RESPONSE
    return CostEstimate(objects, sent, received, price_of(sent, received, price_in, price_out))
