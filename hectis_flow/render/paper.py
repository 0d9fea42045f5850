"""Papers: letters, minutes and packs as one PDF and as the same in plain text.

Whoever writes a paper says it in blocks and knows nothing of pages. The same paper always gives the same bytes, so
its digest can be kept. It must not decide what a paper says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from textwrap import wrap
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Paragraph as Lines
from reportlab.platypus import Table as Grid

PDF: Final = "application/pdf"
WIDTH: Final = 78  # letters in a line of the plain text
MARGIN: Final = 20 * mm
PADDING: Final = 6  # points that a frame of reportlab keeps free inside the margin
LEAST, MOST, GUTTER = (
    4,
    28,
    5,
)  # letters that a column is at least and at most weighed by, and room beside them
INK, FAINT, RULE = colors.HexColor("#1b2733"), colors.HexColor("#52606d"), colors.HexColor("#c3ccd5")
BODY: Final = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14, textColor=INK)
SMALL: Final = ParagraphStyle("small", BODY, fontSize=9, leading=12)
HEADS: Final = {
    1: ParagraphStyle(
        "head1",
        BODY,
        fontName="Helvetica-Bold",
        fontSize=13,
        leading=17,
        spaceBefore=10,
        spaceAfter=4,
        keepWithNext=1,
    ),
    2: ParagraphStyle(
        "head2",
        BODY,
        fontName="Helvetica-Bold",
        fontSize=10.5,
        leading=14,
        spaceBefore=6,
        spaceAfter=3,
        keepWithNext=1,
    ),
}
TITLE: Final = ParagraphStyle("title", BODY, fontName="Helvetica-Bold", fontSize=17, leading=22, spaceAfter=4)


@dataclass(frozen=True, slots=True)
class Heading:
    """What the next blocks are about; level 1 or 2."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are, a line each."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; each has as many cells as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Facts | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper; `footer` stands on each page beside its number."""

    title: str
    blocks: tuple[Block, ...]
    footer: str


class File(NamedTuple):
    """A paper as it is given out: what it holds, of which kind, and the hash of its text where that was kept."""

    body: bytes
    kind: str
    digest: str | None = None


def pdf(paper: Paper) -> bytes:
    """The paper as a PDF on A4, pages numbered "1 of 3"; the same paper gives the same bytes."""
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=paper.title,
        author="Hectis Flow",
        lang="en-ZA",
        invariant=1,
    )
    story: list[Flowable] = [Lines(escape(paper.title), TITLE)]
    for block in paper.blocks:
        # A heading stays with what it heads; its own style leaves room below it.
        room = [] if isinstance(block, Heading) else [Spacer(1, 2.5 * mm)]
        story += [*_flow(block, document.width - 2 * PADDING), *room]
    document.build(story, canvasmaker=partial(_Numbered, footer=paper.footer))
    return out.getvalue()


def plain(paper: Paper) -> str:
    """The paper as text of 78 letters a line, saying all that the PDF says."""
    lines = [paper.title, "=" * min(len(paper.title), WIDTH)]
    for block in paper.blocks:
        lines += ["", *_text(block)]
    return "\n".join([*lines, "", "-" * WIDTH, *wrap(paper.footer, WIDTH), ""])


class _Numbered(Canvas):
    """A canvas that knows at its end how many pages there are, and writes it on each."""

    def __init__(self, *given: Any, footer: str, **named: Any) -> None:
        super().__init__(*given, **named)
        self._footer = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  (the canvas' own name)
        """Keep the page until the number of pages is known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        """Write every page with its number."""
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self.setFont("Helvetica", 8)
            self.setFillColor(FAINT)
            lines = simpleSplit(self._footer, "Helvetica", 8, A4[0] - 2 * MARGIN - 20 * mm)
            for place, line in enumerate(reversed(lines)):
                self.drawString(MARGIN + PADDING, 10 * mm + place * 3.5 * mm, line)
            self.drawRightString(A4[0] - MARGIN - PADDING, 10 * mm, f"{number} of {len(self._pages)}")
            super().showPage()
        super().save()


def _flow(block: Block, width: float) -> list[Flowable]:
    if isinstance(block, Heading):
        return [Lines(escape(block.text), HEADS[block.level])]
    if isinstance(block, Paragraph):
        return [Lines(escape(block.text), BODY)]
    if isinstance(block, Facts):
        rows = [[_cell(f"<b>{escape(name)}</b>"), _cell(escape(value))] for name, value in block.rows]
        return [Grid(rows, colWidths=[width * 0.3, width * 0.7], style=_RULED)] if rows else []
    head = [_cell(f"<b>{escape(name[:1].upper() + name[1:])}</b>") for name in block.head]
    body = [[_cell(escape(value)) for value in row] for row in block.rows]
    return [Grid([head, *body], colWidths=_widths(block, width), repeatRows=1, style=_RULED)]


def _widths(table: Table, width: float) -> list[float]:
    """The width of each column, by the longest that stands in it; long sentences wrap."""
    columns = zip(table.head, *table.rows, strict=True)
    weights = [min(max(*map(len, column), LEAST), MOST) + GUTTER for column in columns]
    return [width * weight / sum(weights) for weight in weights]


_cell: Callable[[str], Lines] = partial(Lines, style=SMALL)
_RULED: Final = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]
)


def _text(block: Block) -> list[str]:
    if isinstance(block, Heading):
        return [block.text, ("-" if block.level == 1 else ".") * min(len(block.text), WIDTH)]
    if isinstance(block, Paragraph):
        return wrap(block.text, WIDTH)
    if isinstance(block, Facts):
        side = max((len(name) for name, _ in block.rows), default=0) + 2
        return [line for name, value in block.rows for line in _hanging(f"{name}:", side, value)]
    return [line for row in block.rows for line in (*_record(block.head, row), "")][:-1]


def _hanging(name: str, side: int, value: str) -> list[str]:
    return wrap(value, WIDTH, initial_indent=name.ljust(side), subsequent_indent=" " * side) or [name]


def _record(head: tuple[str, ...], row: tuple[str, ...]) -> list[str]:
    """A row of a table, a line a cell: tables of words do not fit 78 letters side by side."""
    side = max(len(name) for name in head) + 2
    return [line for name, value in zip(head, row, strict=True) for line in _hanging(f"{name}:", side, value)]
