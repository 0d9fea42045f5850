"""Digests: one a person and window, what each line of it showed, and when somebody wants theirs.

* `digest` is planned by the clock and composed by a job: its content is kept as it was shown, the paper of it with its
  hash. Once composed it is never changed, but for who opened it, acknowledged it, or was told that nobody did;
* `digest_line` is what the next digest of the same person is compared with;
* `digest_preference` is when and how often somebody wants theirs, and in which language; without a row the usual holds.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE digest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL,
    office_id bigint NOT NULL,
    role text NOT NULL,
    offices bigint[] NOT NULL,
    window_on date NOT NULL,
    window_at timestamptz NOT NULL,
    planned_at timestamptz NOT NULL DEFAULT hectis_now(),
    late boolean NOT NULL,
    composed_at timestamptz,
    before_id bigint,
    quiet boolean NOT NULL DEFAULT false,
    content jsonb,
    pack bytea,
    pack_hash bytea,
    open_by timestamptz,
    opened_at timestamptz,
    acknowledged_at timestamptz,
    climbed_at timestamptz,
    -- Whatever restarts, and however many clocks run: one a person and window.
    CONSTRAINT uq_digest_staff_id_window_on UNIQUE (staff_id, window_on),
    CONSTRAINT fk_digest_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT fk_digest_office_id_office FOREIGN KEY (office_id) REFERENCES office (id),
    CONSTRAINT fk_digest_before_id_digest FOREIGN KEY (before_id) REFERENCES digest (id),
    CONSTRAINT ck_digest_composed CHECK (num_nonnulls(composed_at, content, pack, pack_hash) IN (0, 4)),
    CONSTRAINT ck_digest_pack_hash CHECK (pack_hash = sha256(pack)),
    CONSTRAINT ck_digest_opened CHECK (acknowledged_at IS NULL OR opened_at IS NOT NULL)
);
CREATE INDEX ix_digest_unopened ON digest (open_by)
    WHERE open_by IS NOT NULL AND opened_at IS NULL AND climbed_at IS NULL;

CREATE TABLE digest_line (
    digest_id bigint NOT NULL,
    kind text NOT NULL,
    subject_id bigint NOT NULL,
    level smallint NOT NULL,
    CONSTRAINT pk_digest_line PRIMARY KEY (digest_id, kind, subject_id),
    CONSTRAINT fk_digest_line_digest_id_digest FOREIGN KEY (digest_id) REFERENCES digest (id),
    CONSTRAINT ck_digest_line_kind CHECK (kind IN ('escalation', 'matter'))
);

CREATE TABLE digest_preference (
    staff_id bigint PRIMARY KEY,
    send_at time NOT NULL,
    every text NOT NULL,
    language text,
    changed_at timestamptz NOT NULL DEFAULT hectis_now(),
    CONSTRAINT fk_digest_preference_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT ck_digest_preference_every CHECK (every IN ('day', 'week')),
    CONSTRAINT ck_digest_preference_language CHECK (language IN ('en', 'af', 'xh'))
);

CREATE FUNCTION refuse_other_digest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'digest %: what was shown stays as it was shown', OLD.id;
END $$;
CREATE TRIGGER digest_stays_as_shown BEFORE UPDATE ON digest FOR EACH ROW
    WHEN (OLD.composed_at IS NOT NULL AND (OLD.content, OLD.pack_hash, OLD.composed_at, OLD.late, OLD.window_at,
        OLD.staff_id, OLD.before_id) IS DISTINCT FROM (NEW.content, NEW.pack_hash, NEW.composed_at, NEW.late,
        NEW.window_at, NEW.staff_id, NEW.before_id))
    EXECUTE FUNCTION refuse_other_digest();
CREATE TRIGGER digest_line_is_fixed BEFORE UPDATE OR DELETE ON digest_line
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER digest_line_stays BEFORE TRUNCATE ON digest_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

DOWN = """
-- Notices of digests that are still to go have nothing to tell of any more, nor have tasks about them.
UPDATE delivery SET cancelled_at = hectis_now()
WHERE kind = 'digest' AND num_nonnulls(sent_at, cancelled_at, gave_up_at) = 0;
UPDATE outbox SET done_at = hectis_now() WHERE event = 'digest.due' AND done_at IS NULL;
UPDATE task SET done_at = hectis_now(), done_by = 'rule:migration' WHERE kind = 'chase_digest' AND done_at IS NULL;
DROP TABLE digest_preference, digest_line, digest;
DROP FUNCTION refuse_other_digest();
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
