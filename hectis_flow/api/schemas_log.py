"""What the API gives out of what is on record around a case: notices and how they went, and who looked."""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import PageOf, many, number, text, time

STATES = (
    *(
        "queued",
        "held",
        "bundled",
        "tried",
        "sent",
        "delivered",
        "opened",
        "acknowledged",
        "not_needed",
        "failed",
    ),
)


class NoticeOf(Schema):
    """One notice about a case to one person, of whom the office and the role are said."""

    id = fields.Integer(required=True)
    office = text("Code of the office that was told.")
    office_name = text()
    role = text("Whom at that office.")
    level = number("How high a silence had climbed; null where none had.")
    channel = text("email, webhook, slack, teams, sms or whatsapp.")
    attempts = number("How often it was tried.")
    state = fields.String(metadata={"enum": list(STATES), "description": "How it went."})
    queued_at = time("When it was put together.")
    held_until = time("Until when it was held back: over quiet hours, or to become one message with others.")
    sent_at = time()
    delivered_at = time("When it arrived, as its provider says; null where a provider says nothing.")
    opened_at = time("When its page was first opened; a hint and no answer.")
    failed_at = time("When it was given up, or came back; somebody calls by telephone then.")
    cancelled_at = time("When it was needed no more.")
    acknowledged_at = time("When it was answered through its own link, or by a reply.")
    grade = text("How much that answer proves: A signed in, B a person with the notice; null without one.")
    proof = text("Why, as a code.")
    doubted = number(
        "How often it was pressed or replied to so that it looked automated (C); that counts for nothing."
    )


class NoticePage(PageOf):
    """A page of notices, newest first."""

    items = many(NoticeOf)


class ReadOfCase(Schema):
    """One look at a case, at its incident or at a brief of it."""

    id = fields.Integer(required=True)
    at = time()
    role = text()
    office = text("Code of the office; null for who works for the province.")
    office_name = text()
    action = text("What was asked for.")
    purpose = text("What for, as the policy says.")


class ReadPage(PageOf):
    """A page of the log of reads, newest first."""

    items = many(ReadOfCase)
