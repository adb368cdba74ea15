"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence


def print_table(console, lines: Sequence[Sequence[str]]) -> None:
    """Print lines of cells, the heading first; columns of numbers are set to the right and never folded."""
    from rich.table import Table

    if not console.is_terminal:
        console.width = 160  # rich takes a file or pipe to be 80 columns wide, and would fold cells
    table = Table(show_edge=False, pad_edge=False)
    heading, *body = lines
    for number, title in enumerate(heading):
        cells = [line[number] for line in body]
        numeric = all(not cell or cell[0] in "-.0123456789" for cell in cells)
        table.add_column(title, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for line in body:
        table.add_row(*line)
    console.print(table)
