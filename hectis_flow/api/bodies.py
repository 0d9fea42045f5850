"""What the writes take: JSON bodies, each value checked at the door before anything is read.

The rooms name these schemas. What is wrong is said by the name of our own field, never by one that the
caller made up; which details a move takes, and in which form, the workflow decides.
"""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from hectis_flow.api.queries import Instant
from hectis_flow.domain.endings import ENDINGS
from hectis_flow.domain.workflow_rules import detail
from hectis_flow.domain.workflow_words import CASE_REF
from hectis_flow.services.docket_notes import COLLECTED, COMPLETED
from hectis_flow.services.item_notes import Paper

MOST_DETAILS = 10
_NAME = re.compile(r"[a-z][a-z_]{0,39}")
# Room for thirty accused with five charges each; what a detail takes, its own form says.
_VALUE = re.compile(r"[ -~]{0,4000}")


class Details(fields.Field[dict[str, str]]):
    """Details of a move: names and values, both plain text of one line."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        if not isinstance(value, dict) or len(value) > MOST_DETAILS:
            raise ValidationError(f"Give an object of at most {MOST_DETAILS} names with text.")
        for name, text in value.items():
            if not _NAME.fullmatch(name) or not isinstance(text, str) or not _VALUE.fullmatch(text):
                raise ValidationError(
                    "A name has a-z and _; a value is text of one line, 4000 signs at most."
                )
        return dict(value)


def code(pattern: str, about: str, *, required: bool = True) -> fields.String:
    """A code of this form."""
    form = validate.Regexp(pattern, error="This is not the form of such a code.")
    return fields.String(required=required, validate=form, metadata={"description": about})


def case_number(about: str, *, required: bool = True) -> fields.String:
    """The number of a case."""
    return code(f"^{CASE_REF}\\Z", about, required=required)


class MoveBody(Schema):
    """A move of a case."""

    move = code(r"^[a-z][a-z0-9_]{0,59}\Z", "Id of the move, as the case's list of moves has it.")
    details = Details(
        load_default=dict,
        metadata={
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What the move needs or may carry, by name.",
        },
    )


class ReassignBody(Schema):
    """To whom a task goes."""

    staff = code(r"^[a-z0-9][a-z0-9.-]{0,79}\Z", "Staff code of somebody on duty for this task.")


class PrecinctBody(Schema):
    """In which precinct it happened."""

    station = code(r"^[a-z0-9][a-z0-9-]{0,79}\Z", "Code of the station.")


def one_of(words: tuple[str, ...], about: str, *, required: bool = True) -> fields.String:
    """One of our own words."""
    return fields.String(required=required, validate=validate.OneOf(words), metadata={"description": about})


class CasBody(Schema):
    """Whether a CAS number was found in CAS."""

    verified = fields.Boolean(required=True, truthy={True}, falsy={False})


class ArrestBody(Schema):
    """Somebody who was brought before the law; never who."""

    at = Instant(required=True, metadata={"type": "string", "description": "When, with its offset."})
    how = one_of(("arrest", "summons", "warrant"), "How.")


class J88Body(Schema):
    """How the form J88 stands now."""

    state = one_of((COMPLETED, COLLECTED), "completed by its facility, or collected by the station")


class ItemBody(Schema):
    """How an item that was awaited has ended."""

    ending = one_of(
        tuple(sorted(set(ENDINGS.values()))), "cured, inspected, noted, acknowledged or instructed"
    )
    dpp_ref = fields.String(
        validate=validate.Regexp(
            f"^{detail('dpp_ref').pattern}\\Z", error="This is not the form of such a reference."
        ),
        metadata={
            "description": "Reference of the DPP's written instruction; with `dpp_date`, for it alone."
        },
    )
    dpp_date = fields.Date(format="iso", metadata={"description": "Day on which the DPP signed it."})

    @post_load
    def as_paper(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Reference and day as one paper; one without the other is none."""
        if ("dpp_ref" in body) != ("dpp_date" in body):
            raise ValidationError("Give 'dpp_ref' and 'dpp_date' together.", "dpp_ref")
        paper = Paper(body["dpp_ref"], body["dpp_date"]) if "dpp_ref" in body else None
        return {"ending": body["ending"], "paper": paper}
