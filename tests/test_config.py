"""Settings, keys and feeds: read once, and whatever is wrong is said by name."""

import base64
import json
import re
from pathlib import Path

import pytest

from config.feeds import FeedsFault, load_senders
from config.keys import (
    KeyFault,
    ensure_key_file,
    from_variables,
    new_key,
    read_key_file,
    restore_key,
    retire_key,
    rotate_key_file,
)
from config.settings import ROOT, SettingsFault, load
from hectis_flow.channels.email import EmailChannel
from hectis_flow.channels.making import NEEDED, channels_of
from hectis_flow.channels.relayed import RelayedChannel

KEY = base64.b64encode(bytes(32)).decode()
SOUND = {
    "DATABASE_URL": "postgresql://hectis:word@localhost/hectis",  # pragma: allowlist secret
    "REDIS_URL": "redis://:word@localhost:6379/0",
    "HECTIS_DATA_KEYS": f"k1:{KEY}",
    "HECTIS_INDEX_KEY": KEY,
    "HECTIS_SECRET_KEY": "long and random",  # pragma: allowlist secret
    "HECTIS_DATA_DIR": "/nonexistent",
}


def faults(**changed: str) -> list[str]:
    with pytest.raises(SettingsFault) as fault:
        load(SOUND | changed)
    return str(fault.value).splitlines()


# --- settings --------------------------------------------------------------------------------------


def test_sound_settings_have_the_documented_defaults() -> None:
    settings = load(SOUND)

    assert settings.database_url == SOUND["DATABASE_URL"].replace("://", "+psycopg://")
    assert (settings.http_port, settings.mllp_host, settings.mllp_port) == (8000, "127.0.0.1", 2575)
    assert settings.processing_ids == frozenset({"P"})
    assert settings.feeds_file == ROOT / "config" / "feeds.toml"
    assert settings.keys.active == "k1"
    assert settings == load(SOUND)


def test_an_empty_environment_names_everything_that_is_missing_at_once() -> None:
    with pytest.raises(SettingsFault) as fault:
        load({"HECTIS_DATA_DIR": "/nonexistent"})

    missing = [line.partition(" ")[0] for line in str(fault.value).splitlines()]
    assert missing == [
        "DATABASE_URL",
        "REDIS_URL",
        "HECTIS_DATA_KEYS",
        "HECTIS_INDEX_KEY",
        "HECTIS_SECRET_KEY",
    ]


def test_every_faulty_variable_is_named_at_once() -> None:
    wrong = {
        "DATABASE_URL": "sqlite:///word.db",
        "REDIS_URL": "http://localhost",
        "HECTIS_HTTP_PORT": "eighty",
        "HECTIS_MLLP_PORT": "70000",
        "HECTIS_MAX_MESSAGE_BYTES": "3",
        "HECTIS_LEASE_SECONDS": "nan",
        "HECTIS_LEADER_SECONDS": "16",
        "HECTIS_TICK_SECONDS": "",
        "HECTIS_MAX_ATTEMPTS": "1.5",
        "HECTIS_JOB_SIZE": "0",
        "HECTIS_LOG_LEVEL": "loud",
        "HECTIS_INDEX_KEY": "short",
        "HECTIS_REPLY_SECRET": "whsec_c2hvcnQ=",
    }

    said = "\n".join(faults(**wrong))

    for name in wrong.keys() - {"HECTIS_TICK_SECONDS"}:
        assert name in said
    assert "HECTIS_TICK_SECONDS" not in said  # blank is the default


def test_no_fault_and_no_printed_settings_show_a_password_or_a_key() -> None:
    said = "\n".join(
        faults(
            DATABASE_URL="mysql://hectis:opensesame@localhost/hectis",  # pragma: allowlist secret
            REDIS_URL="opensesame",
        )
    )
    said += "\n".join(faults(HECTIS_DATA_KEYS="k1:opensesame", HECTIS_REPLY_SECRET="opensesame"))
    said += repr(load(SOUND))

    assert "opensesame" not in said
    assert KEY not in said
    assert "word@" not in said


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        load(SOUND).http_port = 1  # type: ignore[misc]


# --- channels --------------------------------------------------------------------------------------


WHSEC = f"whsec_{base64.b64encode(bytes(24)).decode()}"


def test_channels_are_set_up_by_their_settings_alone() -> None:
    assert channels_of(load(SOUND).channels) == {}
    every = {
        "HECTIS_SMTP_HOST": "mail.example",
        "HECTIS_WEBHOOK_SECRET": f"{WHSEC}, {WHSEC}",
        "HECTIS_WEBHOOK_HOSTS": "hooks.example",
        "HECTIS_SLACK_TOKEN": "xoxb-1",
        "HECTIS_SLACK_SIGNING_SECRET": "new,old",
        "HECTIS_TEAMS_HOSTS": "flows.example",
        "HECTIS_SMS_URL": "https://sms.example/v1",
        "HECTIS_SMS_2_URL": "https://other.example/v1",
        "HECTIS_SMS_2_DIGITS": "yes",
        "HECTIS_WHATSAPP_TOKEN": "EAAG",
        "HECTIS_WHATSAPP_NUMBER_ID": "106540352242922",
        "HECTIS_WHATSAPP_LANGUAGES": "en, af",
    }

    options = load(SOUND | every).channels

    assert list(channels_of(options)) == list(NEEDED)
    assert options.webhook_secrets == (WHSEC, WHSEC)
    assert options.slack.secrets == ("new", "old")
    assert [one.digits for one in options.sms] == [False, True]
    assert options.whatsapp.languages == ("en", "af")


def test_every_faulty_setting_of_a_channel_is_named_and_not_repeated() -> None:
    wrong = {
        "HECTIS_WEBHOOK_SECRET": "opensesame",
        "HECTIS_SLACK_TOKEN": "opensesame\r\nX: y",
        "HECTIS_SLACK_SIGNING_SECRET": "opensesame,2,3",
        "HECTIS_SLACK_URL": "ftp://opensesame",
        "HECTIS_SMS_URL": "https://sms.example",
        "HECTIS_SMS_BODY": '{"to": "{to}"}',
        "HECTIS_SMS_DIGITS": "perhaps",
        "HECTIS_PUBLIC_URL": "https://" + "h" * 60,
        "HECTIS_WHATSAPP_NUMBER_ID": "+27",
        "HECTIS_WHATSAPP_TOKEN": "opensesameé",
    }

    said = faults(**wrong)

    assert {name for name in wrong if any(name in line for line in said)} == wrong.keys() - {"HECTIS_SMS_URL"}
    assert "opensesame" not in "".join(said)


@pytest.mark.parametrize(
    "url",
    [
        "sms.example",
        "ftp://sms.example/",
        "https://",
        "https:///v1",
        "https://sms.example:port/",
        "https://sms.example:99999/",
        "https://user:opensesame@sms.example/",  # pragma: allowlist secret
        "https://sms.example/a b",
        "https://sms.example/é",
    ],
)
def test_an_address_that_cannot_be_called_stops_the_boot(url: str) -> None:
    (said,) = faults(HECTIS_SMS_URL=url)

    assert said.startswith("HECTIS_SMS_URL must begin with https:// and name a host")
    assert "opensesame" not in said


def test_a_second_carrier_without_a_first_one_makes_no_sense() -> None:
    assert "HECTIS_SMS_URL" in faults(HECTIS_SMS_2_URL="https://sms.example")[0]


def test_a_second_mail_server_stands_in_for_the_first_and_no_secret_is_shown() -> None:
    one = {"HECTIS_SMTP_HOST": "mail-1", "HECTIS_SMTP_PASSWORD": "opensesame"}
    two = one | {"HECTIS_SECOND_SMTP_HOST": "mail-2", "HECTIS_SECOND_SMTP_PASSWORD": "opensesame"}
    settings = load(SOUND | two | {"HECTIS_RECEIPTS_SECRET": WHSEC})

    assert isinstance(channels_of(load(SOUND | one).channels)["email"], EmailChannel)
    both = channels_of(settings.channels)["email"]
    assert isinstance(both, RelayedChannel)
    assert list(both.relays) == ["first", "second"]
    assert settings.channels.second_smtp_starttls
    assert settings.channels.receipts_secrets == (WHSEC,)
    assert "opensesame" not in repr(settings)
    assert WHSEC not in repr(settings)


# --- the folder of `make run` ----------------------------------------------------------------------


@pytest.fixture
def running(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell beside a running `make run`: nothing but the data folder."""
    lines = [f"{name}={value}" for name, value in SOUND.items() if name != "HECTIS_DATA_DIR"]
    (tmp_path / "run.env").write_text("# made by make run\n" + "\n".join(lines) + "\n")
    return {"HECTIS_DATA_DIR": str(tmp_path)}


def test_a_command_finds_the_running_system_by_its_data_folder(running: dict[str, str]) -> None:
    settings = load(running)

    assert settings.database_url.endswith("@localhost/hectis")
    assert settings.redis_url == SOUND["REDIS_URL"]


def test_what_the_environment_says_goes_before_the_data_folder(running: dict[str, str]) -> None:
    assert (
        load(running | {"HECTIS_HTTP_PORT": "8123", "REDIS_URL": "redis://other"}).redis_url
        == "redis://other"
    )


def test_a_blank_variable_is_as_good_as_none(running: dict[str, str]) -> None:
    assert load(running | {"DATABASE_URL": " ", "HECTIS_INDEX_KEY": ""}) == load(running)


def test_a_named_database_is_never_mixed_with_the_data_folder(running: dict[str, str]) -> None:
    with pytest.raises(SettingsFault) as fault:
        load(running | {"DATABASE_URL": "postgresql://elsewhere/hectis"})

    assert "REDIS_URL is missing" in str(fault.value)


def test_a_data_folder_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "run.env").mkdir()

    with pytest.raises(SettingsFault, match=r"run\.env cannot be read"):
        load({"HECTIS_DATA_DIR": str(tmp_path)})


# --- keys ------------------------------------------------------------------------------------------


def test_a_fresh_key_file_is_for_its_owner_alone_and_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"

    assert ensure_key_file(path)
    made = read_key_file(path)
    assert not ensure_key_file(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path) == made
    assert len(made.data_keys["k1"]) == len(made.index_key) == 32
    assert load(SOUND | {"HECTIS_KEYS_FILE": str(path)}).keys == made


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    ensure_key_file(path)
    path.chmod(mode)

    assert any("chmod 600" in line for line in faults(HECTIS_KEYS_FILE=str(path)))


def test_rotation_makes_a_fresh_active_key_and_keeps_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    ensure_key_file(path)
    before = read_key_file(path)

    assert [rotate_key_file(path) for _ in range(2)] == ["k2", "k3"]

    after = read_key_file(path)
    assert list(after.data_keys) == ["k1", "k2", "k3"]
    assert after.data_keys["k1"] == before.data_keys["k1"]
    assert (after.active, after.index_key, after.secret_key) == ("k3", before.index_key, before.secret_key)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_older_key_can_be_taken_out_and_put_back(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    ensure_key_file(path)
    first = read_key_file(path).data_keys["k1"]
    rotate_key_file(path)

    assert retire_key(path, "k1") == first
    assert list(read_key_file(path).data_keys) == ["k2"]

    restore_key(path, "k1", first)
    assert (read_key_file(path).data_keys["k1"], read_key_file(path).active) == (first, "k2")


@pytest.mark.parametrize("key_id", ["k1", "k9"])
def test_the_key_that_encrypts_and_one_that_is_not_there_cannot_be_taken_out(
    key_id: str, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    ensure_key_file(path)

    with pytest.raises(KeyFault, match="not among the older keys"):
        retire_key(path, key_id)


@pytest.mark.parametrize(
    "change",
    [
        {"active": "k9"},
        {"active": None},
        {"active": ["k1"]},
        {"data_keys": {}},
        {"data_keys": {"k1": "c2hvcnQ="}},
        {"data_keys": {"k1": 7}},
        {"data_keys": [KEY]},
        {"data_keys": {"": KEY}, "active": ""},
        {"index_key": "not base64!"},
        {"secret_key": ""},
        {"secret_key": 7},
    ],
)
def test_a_key_file_that_does_not_hold_together_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    body = {
        "active": "k1",
        "data_keys": {"k1": KEY},
        "index_key": KEY,
        "secret_key": "long",  # pragma: allowlist secret
    }
    path.write_text(json.dumps(body | change))
    path.chmod(0o600)

    with pytest.raises(KeyFault, match="not one of ours or is damaged"):
        read_key_file(path)


@pytest.mark.parametrize("content", ["", "{", "[]", '"word"', "\udcff"])
def test_a_key_file_that_is_no_key_file_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    path.chmod(0o600)

    with pytest.raises(KeyFault):
        read_key_file(path)


def test_the_first_of_the_data_keys_encrypts_and_all_of_them_are_live() -> None:
    keys = from_variables(f" k2:{new_key()} , k1:{KEY}", KEY, "long")

    assert keys.active == "k2"
    assert list(keys.data_keys) == ["k2", "k1"]


@pytest.mark.parametrize(
    "data_keys", ["", ",", KEY, "k1", f"k1:{KEY},k1:{KEY}", f":{KEY}", "k1:c2hvcnQ=", f"k1:{KEY}x"]
)
def test_data_keys_in_another_form_are_refused(data_keys: str) -> None:
    with pytest.raises(KeyFault, match="HECTIS_DATA_KEYS"):
        from_variables(data_keys, KEY, "long")


# --- feeds -----------------------------------------------------------------------------------------

SENDER = """
    [[sender]]
    name = "An engine"
    certificate = "mph-engine"
    applications = ["PAS"]
    facilities = { MPH = "mitchells-plain-hospital" }
"""


def feeds(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_senders_are_read_as_they_stand(tmp_path: Path) -> None:
    both = SENDER + '[[sender]]\nname = "Another"\n'

    assert load_senders(feeds(tmp_path, both)) == [
        {
            "name": "An engine",
            "certificate": "mph-engine",
            "applications": frozenset({"PAS"}),
            "facilities": {"MPH": "mitchells-plain-hospital"},
        },
        {"name": "Another", "certificate": "", "applications": frozenset(), "facilities": {}},
    ]
    assert load_senders(feeds(tmp_path, "")) == []


def test_the_feeds_file_that_comes_along_is_sound() -> None:
    assert load_senders(ROOT / "config" / "feeds.toml") == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (SENDER.replace("[[sender]]", "[sender]"), "double brackets"),
        (SENDER.replace("[[sender]]", "[[senders]]"), "nothing else"),
        ("sender = 7", "double brackets"),
        ("sender = ['x']", "number 1"),
        (SENDER.replace("name", "nmae"), "number 1"),
        (SENDER.replace('"An engine"', "7"), "number 1"),
        (SENDER.replace('"mph-engine"', "7"), "number 1"),
        (SENDER.replace('["PAS"]', '"PAS"'), "number 1"),
        (SENDER.replace('["PAS"]', "[7]"), "number 1"),
        (SENDER.replace('{ MPH = "mitchells-plain-hospital" }', '["MPH"]'), "number 1"),
        (SENDER.replace('"mitchells-plain-hospital"', "7"), "number 1"),
        (SENDER + SENDER + "[[sender]]\ncertificate = 'x'", "number 3"),
        ("[[sender", "not valid TOML"),
        (b"name = '\xff'", "not valid TOML"),
    ],
)
def test_a_feeds_file_that_does_not_hold_together_is_a_sentence(
    content: str | bytes, says: str, tmp_path: Path
) -> None:
    with pytest.raises(FeedsFault, match=says):
        load_senders(feeds(tmp_path, content))


def test_a_feeds_file_that_is_away_or_unreadable_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FeedsFault, match="does not exist"):
        load_senders(tmp_path / "none.toml")
    with pytest.raises(FeedsFault, match="cannot be read"):
        load_senders(tmp_path)


@pytest.mark.parametrize(
    "source", ["config/settings.py", "config/channels.py", "config/gunicorn.py", "workers/plan.py"]
)
def test_the_example_names_every_variable_that_is_read(source: str) -> None:
    example = (ROOT / "config" / "example.env").read_text()
    names = set(re.findall(r'"(HECTIS_[A-Z_]+|[A-Z]+_URL)"', (ROOT / source).read_text()))

    assert names
    assert [name for name in sorted(names) if f"# {name}=" not in example] == []
