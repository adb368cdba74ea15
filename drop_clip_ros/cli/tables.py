"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence


def print_table(console, lines: Sequence[Sequence[str]]) -> None:
    """Print lines of cells, the heading first; cells that look like numbers are set to the right."""
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False)
    heading, *body = lines
    for number, title in enumerate(heading):
        cells = [line[number] for line in body]
        numeric = all(not cell or cell[0] in "-.0123456789" for cell in cells)
        table.add_column(title, justify="right" if numeric else "left", overflow="fold")
    for line in body:
        table.add_row(*line)
    console.print(table)
