"""A digest on paper: the same words and figures as in the mail, and longer lists.

`services.digest` calls it once, when the digest is composed; the paper's hash is in the mail and on the page.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from hectis_flow.render.digest import said
from hectis_flow.render.digest_parts import Decision, Grid, Part, Said
from hectis_flow.render.page_words import say
from hectis_flow.render.paper import Block, Facts, Heading, Paper, Paragraph, Table


def paper_of(told: Mapping[str, Any]) -> Paper:
    """The paper of a digest, from what is kept of it."""
    words = said(told)
    blocks: list[Block] = [
        *(Paragraph(line) for line in (words.late, words.followed, words.since, words.made) if line),
        *_certificate(words),
        Heading(words.decide_title),
        *_decisions(words),
        *_figures(words),
        *(block for part in words.parts if part.count for block in _part(words.language, part)),
        *(_grid(words.ages) if words.ages.rows else ()),
        *(_removals(words) if words.removals and words.removals.rows else ()),
        *(_part(words.language, words.owed) if words.owed else ()),
        *(Paragraph(line) for line in (words.seal, words.seal_words) if line),
    ]
    return Paper(words.title, tuple(blocks), f"{words.title}. {words.made}")


def _decisions(words: Said) -> Iterable[Block]:
    if not words.decisions:
        return [Paragraph(words.decide_none)]
    told = [block for number, one in enumerate(words.decisions, 1) for block in _decision(number, one)]
    return [*told, *([Paragraph(words.decide_more)] if words.decide_more else [])]


def _decision(number: int, one: Decision) -> Iterable[Block]:
    choices = " / ".join(choice.label for choice in one.choices)
    return [
        Heading(f"{number}. {one.title}", 2),
        Paragraph(f"{one.about}. {one.otherwise}"),
        Paragraph(choices),
    ]


def _figures(words: Said) -> Iterable[Block]:
    if not words.empty:
        yield Heading(say(words.language, "digest.figures"))
        yield Facts(words.figures)
    if words.nothing:
        yield Paragraph(words.nothing)


def _part(language: str, part: Part) -> Iterable[Block]:
    title = Heading(f"{part.title}: {part.count}")
    rows = tuple((str(number), row.title, row.about) for number, row in enumerate(part.rows, 1))
    left = part.count - len(part.rows)
    more = [Paragraph(say(language, "digest.more", n=left))] if left else []
    head = ("", say(language, "digest.reason"), say(language, "case"))
    return [title, Table(head, rows), *more]


def _grid(grid: Grid) -> Iterable[Block]:
    return [Heading(grid.title), Table(grid.head, grid.rows)]


def _removals(words: Said) -> Iterable[Block]:
    told = list(_grid(words.removals)) if words.removals else []
    return [*told[:1], *([Paragraph(words.back)] if words.back else []), *told[1:]]


def _certificate(words: Said) -> Iterable[Block]:
    found = words.certificate
    return (
        []
        if not found
        else [
            Heading(found["title"]),
            Paragraph(found["even"]),
            Facts(tuple((a, str(b)) for a, b in found["lines"])),
        ]
    )
