"""What the API gives out about the balance: counts by name, and numbers of rows. Nothing of any case.

As in `schemas`: every field that can ever be there, of which the policy table opens some.
"""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import day, flag, many, number, text, time


class BalancePart(Schema):
    """Rows that are where they should be."""

    name = text()
    rows = number()


class BalanceFault(Schema):
    """Rows that nothing explains, by what is wrong with them."""

    name = text()
    rows = number()
    first = number("The lowest number among these rows; null where the rows themselves are gone.")


class BalanceLine(Schema):
    """One equation: what came in is its parts and the difference."""

    name = text()
    came_in = fields.Integer(
        data_key="in", metadata={"description": "What was counted before and what is new."}
    )
    parts = many(BalancePart)
    difference = number("Rows that nothing explains: 0 where the line is clean.")
    faults = many(BalanceFault)


class BalanceOpen(Schema):
    """A difference that lasts, and who has it."""

    line = text()
    fault = text()
    rows = number()
    since = number("The certificate that found it first.")
    found_at = time()
    owner = text("Code of the office that has the task; null between its end and the next certificate.")
    claimed = flag("Whether somebody there has opened it.")


class Balance(Schema):
    """A balance certificate. Before the first one everything but `open` is null or empty."""

    number = number("Certificates are numbered without a gap.")
    date = day()
    as_of = time("The moment of which every figure is.")
    clean = flag("Whether nothing is unexplained.")
    hash = text("Its place in the chain of certificates; the next seal of the ledger holds it.")
    lines = many(BalanceLine)
    open = many(BalanceOpen)
