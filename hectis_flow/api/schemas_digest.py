"""What the API gives out about digests. As in `schemas`: every field that can ever be there."""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import PageOf, day, flag, number, text, time


class Figures(Schema):
    """What a digest counted, each thing once. What it lists is a part of these."""

    to_decide = number("What waits for a decision, or is wanted of the office.")
    standing = number("Escalations that stood with the office.")
    tabled = number("Cases tabled for the next meeting.")
    new = number()
    worse = number("Climbed since the last digest, here or on to another office.")
    fixed = number()
    same = number()
    oldest_days = number()


class DigestLine(Schema):
    """A digest, in a line."""

    id = fields.Integer(required=True)
    window_on = day("The day of its window.")
    window_at = time("When it was due.")
    late = flag("It was caught up after its time.")
    office = text("Code of the office that it is for.")
    role = text()
    composed_at = time()
    opened_at = time()
    acknowledged_at = time()
    figures = fields.Nested(Figures)
    pack_sha256 = text("SHA-256 of its PDF, in hex.")


class Digest(DigestLine):
    """A digest with all that it showed: codes, numbers of cases, offices and days."""

    content = fields.Dict(keys=fields.String())


class DigestPage(PageOf):
    """A page of digests, newest first."""

    items = fields.List(fields.Nested(DigestLine), required=True)
