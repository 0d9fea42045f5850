"""What every move asks PostgreSQL for by the way, at a fraction of its cost: the time, and the hash of an entry.

* `hectis_now` reads a table, so PostgreSQL never inlines it and plans its body anew in each statement that asks
  for the time; in PL/pgSQL the plan is kept. It says what it said before.
* `ledger_hash` was STRICT, which keeps `concat_ws` from being inlined; every column it is made of refuses null.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

HASH = """
CREATE OR REPLACE FUNCTION ledger_hash(
    prev bytea, case_id bigint, seq bigint, at timestamptz, kind text, actor text, body text
) RETURNS bytea LANGUAGE sql STABLE {strict} PARALLEL SAFE AS $$
    SELECT sha256(prev || convert_to(concat_ws(E'\\x1f',
        'e1', case_id::text, seq::text, (extract(epoch FROM at) * 1000000)::bigint::text,
        kind, actor, octet_length(body)::text, body), 'UTF8'))
$$;
"""

UP = """
CREATE OR REPLACE FUNCTION hectis_now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN statement_timestamp() + coalesce((SELECT shift FROM practice_clock), interval '0');
END $$;
"""

DOWN = """
CREATE OR REPLACE FUNCTION hectis_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT statement_timestamp() + coalesce((SELECT shift FROM practice_clock), interval '0')
$$;
"""


def upgrade() -> None:
    op.execute(UP + HASH.format(strict="CALLED ON NULL INPUT"))


def downgrade() -> None:
    op.execute(DOWN + HASH.format(strict="STRICT"))
