"""What the writes of watching briefs take: JSON bodies of codes, days and references, checked at the door.

`api.briefs` names these schemas. There is no field for words of one's own: free text would let names in.
"""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from hectis_flow.api.bodies import case_number, code, one_of
from hectis_flow.domain import briefs as rules
from hectis_flow.domain.briefs import Appearance
from hectis_flow.domain.workflow_rules import detail
from hectis_flow.domain.workflow_words import ATTRIBUTABLE, REMOVAL_CAUSES
from hectis_flow.services.brief_import import COLUMNS, MOST_ROWS
from hectis_flow.services.brief_letters import Reply

_CELL = re.compile(r"[ -~]{0,100}")


class OpenBody(Schema):
    """Which case is to be watched."""

    case = case_number("Number of the case.")


class DeclineBody(Schema):
    """Why a brief is declined."""

    reason = one_of(rules.DECLINE_REASONS, "Why.")


class RedirectBody(DeclineBody):
    """Whose brief it is instead, and why."""

    office = code(r"^[a-z0-9][a-z0-9-]{0,79}\Z", "Code of an office of the right kind.")


class ObservationBody(Schema):
    """One appearance as the unit saw it."""

    court_date = fields.Date(required=True, format="iso", metadata={"description": "The day in court."})
    outcome = one_of(rules.OUTCOMES, "What happened.")
    docket_at_court = one_of(rules.AT_COURT, "Whether the docket was there.")
    causes = fields.List(
        fields.String(validate=validate.OneOf(REMOVAL_CAUSES)),
        load_default=list,
        metadata={"description": "Why it did not go on, the primary cause first."},
    )
    attributable_to = one_of(ATTRIBUTABLE, "Whose action was needed; with causes only.", required=False)
    recommendation = one_of(rules.RECOMMENDATIONS, "What the unit recommends.")
    corrects = fields.Integer(
        validate=validate.Range(1, 2**63 - 1),
        metadata={"description": "Number of the note that this corrects."},
    )

    @post_load
    def as_seen(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The appearance, and which note it corrects, if any."""
        corrects = body.pop("corrects", None)
        causes = tuple(body.pop("causes"))
        return {"seen": Appearance(**body, causes=causes), "corrects": corrects}


class CloseBody(Schema):
    """Why a brief is over."""

    reason = one_of(rules.CLOSE_REASONS, "Why.")


class LetterBody(Schema):
    """To which side a letter goes, and what is recommended in it."""

    to = one_of(
        tuple(rules.REPLY_KINDS), "saps: the station's commander; npa: the court's senior prosecutor."
    )
    recommendation = one_of(rules.RECOMMENDATIONS, "What is recommended.")


class ReplyBody(Schema):
    """What is replied to a letter."""

    answer = one_of(rules.REPLIES, "done, disciplinary steps taken, or disputed")
    ref = code(f"^{detail('document_ref').pattern}\\Z", "Reference of a paper; with `date`.", required=False)
    date = fields.Date(format="iso", metadata={"description": "Day of that paper."})

    @post_load
    def as_reply(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Reference and day as one paper; one without the other is none."""
        if ("ref" in body) != ("date" in body):
            raise ValidationError("Give 'ref' and 'date' together.", "ref")
        return {"reply": Reply(body["answer"], body.get("ref"), body.get("date"))}


class Row(fields.Field[dict[str, str]]):
    """One row of the unit's form: texts of one line by the names of its columns."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not value or set(value) - set(COLUMNS):
            raise ValidationError(f"A row has these columns and no others: {', '.join(COLUMNS)}.")
        if not all(isinstance(one, str) and _CELL.fullmatch(one) for one in value.values()):
            raise ValidationError("A value is text of one line, 100 signs at most.")
        return dict(value)


class ImportBody(Schema):
    """Rows of the unit's form, and whether they are to be written."""

    rows = fields.List(
        Row(metadata={"type": "object", "additionalProperties": {"type": "string"}}),
        required=True,
        validate=validate.Length(1, MOST_ROWS),
        metadata={"description": f"One row an appearance, {MOST_ROWS} at most."},
    )
    apply = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Write them; without it nothing is written, and the verdicts are the same."},
    )
