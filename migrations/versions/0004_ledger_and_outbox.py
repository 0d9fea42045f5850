"""The ledger (a hash chain a case, all heads sealed into one) and the outbox of events.

`ledger_hash` is STABLE, as `convert_to` is: declared IMMUTABLE it would not be inlined, at three times
the cost. Its rule and the seal's rule are written down in `hectis_flow.domain.ledger`, which recomputes
both to verify; the two must agree to the byte.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = """
CREATE FUNCTION ledger_hash(
    prev bytea, case_id bigint, seq bigint, at timestamptz, kind text, actor text, body text
) RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT sha256(prev || convert_to(concat_ws(E'\\x1f',
        'e1', case_id::text, seq::text, (extract(epoch FROM at) * 1000000)::bigint::text,
        kind, actor, octet_length(body)::text, body), 'UTF8'))
$$;

CREATE TABLE ledger_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    body text NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT uq_ledger_entry_case_id_seq UNIQUE (case_id, seq),
    CONSTRAINT fk_ledger_entry_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT ck_ledger_entry_words CHECK (kind ~ '^[a-z0-9_.:-]+$' AND actor ~ '^[a-z0-9_.:-]+$')
);
CREATE TABLE ledger_seal (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE ledger_seal_head (
    number bigint NOT NULL,
    case_id bigint NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_ledger_seal_head PRIMARY KEY (number, case_id),
    CONSTRAINT fk_ledger_seal_head_number_ledger_seal FOREIGN KEY (number) REFERENCES ledger_seal (number)
);
CREATE TRIGGER ledger_entry_is_fixed BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_stays BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_seal_is_fixed BEFORE UPDATE OR DELETE ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_seal_stays BEFORE TRUNCATE ON ledger_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_seal_head_is_fixed BEFORE UPDATE OR DELETE ON ledger_seal_head
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_seal_head_stays BEFORE TRUNCATE ON ledger_seal_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event text NOT NULL,
    case_id bigint NOT NULL,
    history_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_now(),
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    done_at timestamptz,
    CONSTRAINT fk_outbox_case_id_case FOREIGN KEY (case_id) REFERENCES "case" (id),
    CONSTRAINT fk_outbox_history_id_stage_transition
        FOREIGN KEY (history_id) REFERENCES stage_transition (id),
    CONSTRAINT uq_outbox_event_history_id UNIQUE (event, history_id)
);
CREATE INDEX ix_outbox_due ON outbox (id) WHERE done_at IS NULL;
"""

DOWN = """
DROP TABLE outbox, ledger_seal_head, ledger_seal, ledger_entry;
DROP FUNCTION ledger_hash(bytea, bigint, bigint, timestamptz, text, text, text);
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
