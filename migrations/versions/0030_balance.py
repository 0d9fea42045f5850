"""The balance certificate of each morning, chained and sealed with the ledger, and the differences it found.

A certificate is never changed. A difference is open until a later certificate is clean of it; whoever looks after
what nobody else can has a task for it. A seal holds the newest certificate beside the heads of the cases.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE balance (
    number bigint NOT NULL,
    day date NOT NULL,
    drawn_at timestamptz NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    body text NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_balance PRIMARY KEY (number),
    CONSTRAINT ck_balance_number CHECK (number > 0)
);
CREATE INDEX ix_balance_day ON balance (day, number);
CREATE TRIGGER balance_is_fixed BEFORE UPDATE OR DELETE ON balance
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER balance_stays BEFORE TRUNCATE ON balance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TABLE balance_difference (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line text NOT NULL,
    fault text NOT NULL,
    found_number bigint NOT NULL,
    last_number bigint NOT NULL,
    rows bigint NOT NULL,
    found_at timestamptz NOT NULL,
    closed_number bigint,
    CONSTRAINT fk_balance_difference_found_number_balance FOREIGN KEY (found_number) REFERENCES balance (number),
    CONSTRAINT fk_balance_difference_last_number_balance FOREIGN KEY (last_number) REFERENCES balance (number),
    CONSTRAINT fk_balance_difference_closed_number_balance FOREIGN KEY (closed_number) REFERENCES balance (number),
    CONSTRAINT ck_balance_difference_closed CHECK (closed_number > found_number)
);
CREATE UNIQUE INDEX uq_balance_difference_open ON balance_difference (line, fault) WHERE closed_number IS NULL;
ALTER TABLE ledger_seal ADD COLUMN balance_number bigint, ADD COLUMN balance_hash bytea,
    ADD CONSTRAINT ck_ledger_seal_balance CHECK (num_nonnulls(balance_number, balance_hash) IN (0, 2));
CREATE UNIQUE INDEX uq_ledger_seal_balance ON ledger_seal (balance_number) WHERE balance_number IS NOT NULL;
"""

# Tasks and findings about differences would speak of rows that are no more.
DOWN = """
DROP INDEX uq_ledger_seal_balance;
ALTER TABLE ledger_seal DROP CONSTRAINT ck_ledger_seal_balance, DROP COLUMN balance_hash, DROP COLUMN balance_number;
DROP TABLE balance_difference, balance;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
