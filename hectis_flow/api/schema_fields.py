"""The kinds of field that the API gives out; each may be null. The schemas beside this file are made of them."""

from typing import Any

from marshmallow import Schema, fields


def text(about: str = "") -> fields.String:
    """Words or a code."""
    return fields.String(allow_none=True, metadata={"description": about} if about else {})


def time(about: str = "") -> fields.String:
    """A time as PostgreSQL writes it: ISO 8601 with its offset."""
    return fields.String(allow_none=True, metadata={"format": "date-time", "description": about})


def number(about: str = "") -> fields.Integer:
    """A whole number."""
    return fields.Integer(allow_none=True, metadata={"description": about} if about else {})


def flag(about: str = "") -> fields.Boolean:
    """Yes or no."""
    return fields.Boolean(allow_none=True, metadata={"description": about} if about else {})


def day(about: str = "") -> fields.String:
    """A day: YYYY-MM-DD."""
    return fields.String(allow_none=True, metadata={"format": "date", "description": about})


def many(of: type[Schema], about: str = "") -> fields.List[Any]:
    """Records of one kind; never null."""
    return fields.List(fields.Nested(of), metadata={"description": about} if about else {})


class PageOf(Schema):
    """A page of a list; what its `items` are, each kind of page says."""

    next_cursor = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Where the next page begins; null at the end."},
    )
