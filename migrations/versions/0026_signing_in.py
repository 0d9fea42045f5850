"""Signing in: a session is a token that a browser holds, and a credential is what somebody proves themselves by.

* `api_token` gets `kind`: a session also ends when nobody has used it for a while (`idle_ends_at`);
* `credential` holds the hash of a password, the locked secret of the second factor, and the last step of it
  that was used, so that a code read over a shoulder is worth nothing;
* `enrolment` is a link that lets somebody set both, once;
* tasks that somebody holds are found by their holder, for whoever leaves leaves them behind;
* `sign_in_try` counts wrong tries by fingerprint (of a code, an address, or both), and is emptied after a day.

All of it is counted in machine time: it is about the person at the other end.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SUBJECTS = ("inbound_message", "patient", "encounter", "staff", "contact_point")
OURS = ("credential", "enrolment")


def words(names: tuple[str, ...]) -> str:
    """As SQL lists them."""
    return ", ".join(f"'{name}'" for name in names)


UP = f"""
ALTER TABLE api_token ADD COLUMN kind text NOT NULL DEFAULT 'token';
ALTER TABLE api_token ADD COLUMN idle_ends_at timestamptz;
ALTER TABLE api_token ADD COLUMN graded text;
ALTER TABLE api_token ADD CONSTRAINT ck_api_token_kind CHECK (kind IN ('token', 'session'));
ALTER TABLE api_token ADD CONSTRAINT ck_api_token_session
    CHECK ((kind = 'session') = (idle_ends_at IS NOT NULL) AND (kind = 'session') = (graded IS NOT NULL)
           AND (kind = 'token' OR staff_id IS NOT NULL));
ALTER TABLE api_token ADD CONSTRAINT ck_api_token_graded CHECK (graded IN ('password_totp', 'practice'));
CREATE INDEX ix_api_token_sessions ON api_token (staff_id, id) WHERE kind = 'session' AND revoked_at IS NULL;

CREATE TABLE credential (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL,
    password_hash text NOT NULL,
    key_id text NOT NULL,
    totp_enc bytea NOT NULL,
    totp_step bigint NOT NULL,
    set_at timestamptz NOT NULL,
    CONSTRAINT uq_credential_staff_id UNIQUE (staff_id),
    CONSTRAINT fk_credential_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id)
);

CREATE TABLE enrolment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL,
    token_hash bytea NOT NULL,
    key_id text NOT NULL,
    totp_enc bytea NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT uq_enrolment_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_enrolment_staff_id_staff FOREIGN KEY (staff_id) REFERENCES staff (id)
);
CREATE INDEX ix_enrolment_staff_id ON enrolment (staff_id) WHERE used_at IS NULL AND revoked_at IS NULL;

CREATE TABLE sign_in_try (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_sign_in_try_subject_at ON sign_in_try (subject, at);
CREATE INDEX ix_sign_in_try_at ON sign_in_try (at);

CREATE INDEX ix_task_claimed_by ON task (claimed_by) WHERE claimed_by IS NOT NULL AND done_at IS NULL;

ALTER TABLE reencryption DROP CONSTRAINT ck_reencryption_subject;
ALTER TABLE reencryption ADD CONSTRAINT ck_reencryption_subject
    CHECK (subject IN ({words((*SUBJECTS, *OURS))}));
"""

DOWN = f"""
DELETE FROM reencryption WHERE subject IN ({words(OURS)});
ALTER TABLE reencryption DROP CONSTRAINT ck_reencryption_subject;
ALTER TABLE reencryption ADD CONSTRAINT ck_reencryption_subject CHECK (subject IN ({words(SUBJECTS)}));
DROP INDEX ix_task_claimed_by;
DROP TABLE sign_in_try, enrolment, credential;
UPDATE api_token SET revoked_at = coalesce(revoked_at, hectis_machine_now()) WHERE kind = 'session';
ALTER TABLE api_token DROP COLUMN graded;
ALTER TABLE api_token DROP COLUMN idle_ends_at;
ALTER TABLE api_token DROP COLUMN kind;
"""  # noqa: S608  (our own names)


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
