"""Charts as Vega-Lite specifications, and as the small pictures that a mail carries.

A specification is data: whoever draws one on a page draws the same that a mail shows. `png` draws it without a browser
and without a network. No figure stands in a picture alone: beside each there is a table or a sentence. Titles come in
as arguments; nothing here decides what is counted.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final

import vl_convert
from PIL import Image

Spec = dict[str, Any]

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
VERSION: Final = "6.4"
#: Bars beyond these are drawn as one: a phone shows no more at a glance.
BARS: Final = 6
WIDTH: Final = 290
STEP: Final = 44
#: A bar stands below its name, so that a picture is no wider than a phone.
BAR, BELOW, ROOM = 16, 8, 40
SCALE: Final = 1.5  # a phone's screen has finer points than a picture
COLOURS: Final = 24  # flat areas and their edges need no more, and a mail stays small
INK = "#1f2933"
#: From young to old; the darkest is the oldest.
AGES: Final = ("#c9dcea", "#8fb6d4", "#4a86b4", "#1d4f7c")
BACK, GONE = "#2f7d5b", "#c3ccd5"


def by_age(rows: Sequence[tuple[str, Sequence[int]]], ages: Sequence[str], others: str) -> Spec:
    """What is late, by reason and age: a bar a reason, a part of it an age, its sum at its end."""
    shown = _fewest(rows, others)
    values = [
        {"reason": reason, "age": age, "order": place, "count": count}
        for reason, counts in shown
        for place, (age, count) in enumerate(zip(ages, counts, strict=True))
    ]
    bars = _stacked("reason", [reason for reason, _ in shown], "age", dict(zip(ages, AGES, strict=True)))
    return _spec(values, len(shown), bars)


def removals(rows: Sequence[tuple[str, int, int]], words: tuple[str, str], others: str) -> Spec:
    """What left the roll and came back, by cause: (cause, removed, back); `words` name the two."""
    found = _fewest([(cause, (removed, back)) for cause, removed, back in rows], others)
    values = [
        {"cause": cause, "what": what, "order": place, "count": count}
        for cause, (removed, back) in found
        for place, (what, count) in enumerate(((words[1], back), (words[0], removed - back)))
    ]
    bars = _stacked("cause", [cause for cause, _ in found], "what", {words[1]: BACK, words[0]: GONE})
    return _spec(values, len(found), bars)


def png(spec: Spec) -> bytes:
    """The chart as a small picture on white; the same specification gives the same bytes."""
    drawn = vl_convert.vegalite_to_png(spec, vl_version=VERSION, scale=SCALE)
    out = BytesIO()
    flat = Image.open(BytesIO(drawn)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    flat.save(out, "PNG", optimize=True)
    return out.getvalue()


def _stacked(row: str, names: Sequence[str], part: str, colours: Mapping[str, str]) -> list[Spec]:
    """A bar for each of these names, made of parts of these colours, with its sum at its end."""
    bars = {
        "mark": {"type": "bar", "height": BAR, "yOffset": BELOW},
        "encoding": {
            "y": _names(row, names),
            "x": _amount("count", stack="zero"),
            "order": {"field": "order", "type": "quantitative"},
            "color": {
                "field": part,
                "type": "nominal",
                "scale": {"domain": list(colours), "range": list(colours.values())},
                "legend": {
                    "orient": "top",
                    "offset": 8,
                    "title": None,
                    "labelColor": INK,
                    "symbolType": "square",
                },
            },
        },
    }
    return [bars, _ends(row, names, "count")]


def _fewest(rows: Sequence[tuple[str, Sequence[int]]], others: str) -> list[tuple[str, Sequence[int]]]:
    """The longest bars, and all `others` as one."""
    if len(rows) <= BARS:
        return list(rows)
    kept, rest = rows[: BARS - 1], rows[BARS - 1 :]
    return [*kept, (others, [sum(counts) for counts in zip(*(one[1] for one in rest), strict=True)])]


def _names(field: str, names: Sequence[str]) -> Mapping[str, Any]:
    axis = {
        "title": None,
        "labelLimit": WIDTH + ROOM,
        "labelColor": INK,
        "labelAlign": "left",
        "labelPadding": 0,
        "labelOffset": -11,
        "ticks": False,
        "domain": False,
    }
    return {"field": field, "type": "nominal", "sort": list(names), "axis": axis}


def _amount(field: str, **more: Any) -> Mapping[str, Any]:
    return {"field": field, "type": "quantitative", "aggregate": "sum", "axis": None, **more}


def _ends(field: str, names: Sequence[str], amount: str) -> Spec:
    """The sum of each bar at its end."""
    return {
        "mark": {
            "type": "text",
            "align": "left",
            "dx": 5,
            "yOffset": BELOW,
            "color": INK,
            "fontWeight": "bold",
        },
        "encoding": {
            "y": _names(field, names),
            "x": _amount(amount),
            "text": {"field": amount, "type": "quantitative", "aggregate": "sum"},
        },
    }


def _spec(values: Sequence[Mapping[str, Any]], bars: int, layers: Sequence[Spec]) -> Spec:
    return {
        "$schema": SCHEMA,
        "background": "#ffffff",
        "padding": 8,
        "width": WIDTH,
        "height": max(bars, 1) * STEP,
        "data": {"values": list(values)},
        "layer": list(layers),
        "config": {
            "view": {"stroke": None},
            "font": "Liberation Sans, Arial, sans-serif",
            "axis": {"labelFontSize": 12},
            "legend": {"labelFontSize": 12},
            "text": {"fontSize": 12},
        },
    }
