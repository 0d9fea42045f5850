"""Settings: read once from the environment into a frozen, typed object; wrong ones stop the boot.

Read by the composition root (`hectis_flow.app`), the `hectis` command, `workers/`, `wsgi` and the
migrations, and by nothing else. A fault names every variable that is missing or ill-typed, so that
one start shows them all. No code branches on an environment's name.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.channels import read_channels
from config.keys import KeyFault, KeyMaterial, from_variables, read_key_file
from config.logs import LEVELS
from config.reader import Reader
from hectis_flow.channels.base import ChannelOptions

ROOT = Path(__file__).resolve().parent.parent
POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
REDIS = ("redis", "rediss", "unix")
RUN_FILE = "run.env"  # written by `make run` into the data folder, mode 0600


class SettingsFault(Exception):
    """The environment is not fit to start with; one line a fault, each by its variable's name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the service. Times are in seconds, sizes in bytes."""

    database_url: str = field(repr=False)  # both addresses hold a password
    redis_url: str = field(repr=False)
    keys: KeyMaterial = field(repr=False)
    keys_file: Path | None
    data_dir: Path
    http_port: int = 8000
    http_proxies: int = (
        0  # how many of ours stand before the web process, each of which says for whom it asks
    )
    mllp_host: str = "127.0.0.1"
    mllp_port: int = 2575
    mllp_certificate: Path | None = None
    mllp_private_key: Path | None = None
    mllp_client_ca: Path | None = None
    feeds_file: Path = ROOT / "config" / "feeds.toml"
    policy_file: Path = ROOT / "config" / "policy.toml"
    processing_ids: frozenset[str] = frozenset({"P"})
    max_message_bytes: int = 2 * 1024 * 1024
    channels: ChannelOptions = field(default_factory=ChannelOptions)
    mailbox_port: int = 0  # of the practice mail catcher; 0 for none
    lease_seconds: float = 30.0
    leader_seconds: float = 6.0
    tick_seconds: float = 0.5
    seal_seconds: float = 10.0
    heartbeat_seconds: float = 5.0
    audit_seconds: float = 60.0
    heartbeat_url: str = field(default="", repr=False)  # it is a secret of the watcher outside
    max_attempts: int = 5
    job_size: int = 200
    log_level: str = "info"


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, filled up from the data folder of a running `make run` where it is silent."""
    merged = dict(environ)
    if environ.get("DATABASE_URL", "").strip():
        return merged
    for line in _run_file(_data_dir(environ) / RUN_FILE):
        name, sign, value = line.partition("=")
        if sign and not line.startswith("#") and not merged.get(name.strip(), "").strip():
            merged[name.strip()] = value.strip()
    return merged


def _run_file(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        raise SettingsFault(
            f"{path} cannot be read: run this as the user of `make run`, or set DATABASE_URL."
        ) from None


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings or raise `SettingsFault` naming every variable at fault."""
    reader = Reader(environment(os.environ if environ is None else environ))
    keys_file = reader.path("HECTIS_KEYS_FILE")
    start = "set it, or start everything with `make run`"
    settings = Settings(
        database_url=_psycopg(reader.address("DATABASE_URL", POSTGRESQL, start)),
        redis_url=reader.address("REDIS_URL", REDIS, start),
        keys=_keys(reader, keys_file),
        keys_file=keys_file,
        data_dir=_data_dir(reader.environ),
        channels=read_channels(reader),
        mailbox_port=reader.number("HECTIS_MAILBOX_PORT", 0, 0, 65535),
        **_wire(reader),
        **_pace(reader),
    )
    if reader.faults:
        raise SettingsFault("\n".join(reader.faults))
    return settings


def _wire(reader: Reader) -> dict[str, Any]:
    """What concerns the ports and the feeds."""
    return {
        "http_port": reader.number("HECTIS_HTTP_PORT", 8000, 1, 65535),
        "http_proxies": reader.number("HECTIS_HTTP_PROXIES", 0, 0, 5),
        "mllp_host": reader.environ.get("HECTIS_MLLP_HOST", "").strip() or "127.0.0.1",
        "mllp_port": reader.number("HECTIS_MLLP_PORT", 2575, 0, 65535),
        "mllp_certificate": reader.path("HECTIS_MLLP_CERTIFICATE"),
        "mllp_private_key": reader.path("HECTIS_MLLP_PRIVATE_KEY"),
        "mllp_client_ca": reader.path("HECTIS_MLLP_CLIENT_CA"),
        "feeds_file": reader.path("HECTIS_FEEDS_FILE") or ROOT / "config" / "feeds.toml",
        "policy_file": reader.path("HECTIS_POLICY_FILE") or ROOT / "config" / "policy.toml",
        "processing_ids": reader.words("HECTIS_PROCESSING_IDS", frozenset({"P"})),
        "max_message_bytes": reader.number("HECTIS_MAX_MESSAGE_BYTES", 2 << 20, 1024, 64 << 20),
        "log_level": reader.choice("HECTIS_LOG_LEVEL", "info", LEVELS),
    }


def _pace(reader: Reader) -> dict[str, Any]:
    """What concerns leases, ticks and batches."""
    return {
        "lease_seconds": reader.number("HECTIS_LEASE_SECONDS", 30.0, 0.2, 600.0),
        "leader_seconds": reader.number("HECTIS_LEADER_SECONDS", 6.0, 0.5, 15.0),
        "tick_seconds": reader.number("HECTIS_TICK_SECONDS", 0.5, 0.05, 60.0),
        "seal_seconds": reader.number("HECTIS_SEAL_SECONDS", 10.0, 0.5, 600.0),
        "heartbeat_seconds": reader.number("HECTIS_HEARTBEAT_SECONDS", 5.0, 0.2, 60.0),
        "audit_seconds": reader.number("HECTIS_AUDIT_SECONDS", 60.0, 0.2, 3600.0),
        "heartbeat_url": _heartbeat_url(reader),
        "max_attempts": reader.number("HECTIS_MAX_ATTEMPTS", 5, 1, 50),
        "job_size": reader.number("HECTIS_JOB_SIZE", 200, 1, 200),
    }


def _heartbeat_url(reader: Reader) -> str:
    url = reader.environ.get("HECTIS_HEARTBEAT_URL", "").strip()
    if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        reader.faults.append("HECTIS_HEARTBEAT_URL must begin with https://")
    return url


def _keys(reader: Reader, keys_file: Path | None) -> KeyMaterial:
    nothing = KeyMaterial({}, "", b"", "")
    try:
        if keys_file is not None:
            return read_key_file(keys_file)
        hint = "name it, or name a key file in HECTIS_KEYS_FILE (hectis keys new prints fresh keys)"
        parts = [
            reader.required(name, hint)
            for name in ("HECTIS_DATA_KEYS", "HECTIS_INDEX_KEY", "HECTIS_SECRET_KEY")
        ]
        return from_variables(*parts) if all(parts) else nothing
    except KeyFault as fault:
        reader.faults.append(str(fault))
        return nothing


def _psycopg(url: str) -> str:
    """Name the driver: plain `postgresql://` would make SQLAlchemy look for another one."""
    scheme, sign, rest = url.partition("://")
    plain = scheme in {"postgres", "postgresql"}
    return f"postgresql+psycopg{sign}{rest}" if plain else url


def _data_dir(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HECTIS_DATA_DIR", "").strip() or ROOT / ".data").absolute()
