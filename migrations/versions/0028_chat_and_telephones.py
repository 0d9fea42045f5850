"""Chat and telephones: contact points there, the cards that stand in chats, and what is pressed on them.

* `contact_point` may be in Slack, Teams, or a telephone;
* `chat_card` is a message that stands in a chat and is drawn anew, once, when what it asks for is settled; it is
  its own due row, like a delivery. In which conversation it stands is ciphertext, like any address;
* `chat_press` is a button that somebody pressed there: taken in at once, read by a worker. It holds fingerprints
  (of what came, and of who pressed) and the key of the notice, never a name.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KNOWN = "'email', 'webhook'"
SUBJECTS = ("inbound_message", "patient", "encounter", "staff", "contact_point", "credential", "enrolment")


def words(names: tuple[str, ...]) -> str:
    """As SQL lists them."""
    return ", ".join(f"'{name}'" for name in names)


UP = f"""
ALTER TABLE contact_point DROP CONSTRAINT ck_contact_point_channel;
ALTER TABLE contact_point ADD CONSTRAINT ck_contact_point_channel
    CHECK (channel IN ({KNOWN}, 'slack', 'teams', 'sms', 'whatsapp'));

CREATE TABLE chat_card (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL,
    key_id text NOT NULL,
    conversation_enc bytea NOT NULL,
    mark text NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    lease_until timestamptz,
    redrawn_at timestamptz,
    gave_up_at timestamptz,
    fault text,
    CONSTRAINT uq_chat_card_delivery_id UNIQUE (delivery_id),
    CONSTRAINT fk_chat_card_delivery_id_delivery FOREIGN KEY (delivery_id) REFERENCES delivery (id),
    CONSTRAINT ck_chat_card_one_end CHECK (num_nonnulls(redrawn_at, gave_up_at) <= 1)
);
CREATE INDEX ix_chat_card_standing ON chat_card (next_attempt_at, id)
    WHERE redrawn_at IS NULL AND gave_up_at IS NULL;

CREATE TABLE chat_press (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL,
    message_key uuid,
    who_blind bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT hectis_machine_now(),
    attempts integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    done_at timestamptz,
    outcome text,
    CONSTRAINT uq_chat_press_digest UNIQUE (digest),
    CONSTRAINT ck_chat_press_done CHECK ((done_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT ck_chat_press_outcome CHECK (outcome IN ('acknowledged', 'unknown_notice', 'not_bound', 'no_link',
        'forged', 'revoked', 'used', 'expired', 'moved_on', 'failed'))
);
CREATE INDEX ix_chat_press_waiting ON chat_press (id) WHERE done_at IS NULL;

ALTER TABLE reencryption DROP CONSTRAINT ck_reencryption_subject;
ALTER TABLE reencryption ADD CONSTRAINT ck_reencryption_subject
    CHECK (subject IN ({words((*SUBJECTS, "chat_card"))}));
"""

# Who can only be reached by what is not known below is reached no more; the rows stay, for notices name them.
DOWN = f"""
DELETE FROM reencryption WHERE subject = 'chat_card';
ALTER TABLE reencryption DROP CONSTRAINT ck_reencryption_subject;
ALTER TABLE reencryption ADD CONSTRAINT ck_reencryption_subject CHECK (subject IN ({words(SUBJECTS)}));
DROP TABLE chat_press, chat_card;
UPDATE contact_point SET valid_to = greatest(valid_from + 1, (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date)
WHERE channel NOT IN ({KNOWN}) AND valid_to IS NULL;
ALTER TABLE contact_point DROP CONSTRAINT ck_contact_point_channel;
ALTER TABLE contact_point ADD CONSTRAINT ck_contact_point_channel CHECK (channel IN ({KNOWN})) NOT VALID;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM contact_point WHERE channel NOT IN ({KNOWN})) THEN
        ALTER TABLE contact_point VALIDATE CONSTRAINT ck_contact_point_channel;
    END IF;
END $$;
"""  # noqa: S608  (our own names)


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
