"""A paper of headings, sentences, facts and tables: as plain text, and as PDF.

`render.minutes` makes one. The same paper always gives the same bytes. It must not know what a paper is about.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 96
LINES_A_PAGE: Final = 62


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the highest."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or some."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what each is."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with a head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Facts | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper."""

    title: str
    blocks: tuple[Block, ...]
    footer: str


def plain(paper: Paper) -> str:
    """The paper as text."""
    lines = [paper.title, "=" * len(paper.title), ""]
    for block in paper.blocks:
        lines += [*_lines(block), ""]
    return "\n".join([*lines, paper.footer, ""])


def pdf(paper: Paper) -> bytes:
    """The paper as PDF."""
    lines = plain(paper).splitlines()
    starts = range(0, len(lines), LINES_A_PAGE)
    return _document(["\n".join(lines[at : at + LINES_A_PAGE]) for at in starts])


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield block.text
        yield ("-" if block.level == 1 else ".") * len(block.text)
    elif isinstance(block, Paragraph):
        yield from textwrap.wrap(block.text, WIDTH)
    elif isinstance(block, Facts):
        wide = max((len(name) for name, _ in block.rows), default=0)
        yield from (f"{name.ljust(wide)}  {said}".rstrip() for name, said in block.rows)
    else:
        yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    rows = [table.head, *table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _document(pages: list[str]) -> bytes:
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    ]
    for number, page in enumerate(pages):
        content = _content(page)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return _file(objects)


def _content(page: str) -> str:
    said = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in page.splitlines())
    shown = "\n".join(f"({line}) Tj T*" for line in said)
    return f"BT /F1 8 Tf 12 TL 40 800 Td\n{shown}\nET".encode("latin-1", "replace").decode("latin-1")


def _file(objects: list[str]) -> bytes:
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n".encode("latin-1")
    xref = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{xref}"
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + (end + trailer).encode()
