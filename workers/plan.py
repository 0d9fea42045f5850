"""What one `make run` is to be: its data folder, ports, keys and the environment of its processes.

Called by `run` before anything is started, so that whatever is wrong is said first. It must not start
anything.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.keys import ensure_key_file
from workers.local_services import Addresses
from workers.machine import CannotStart, Say, free_port, port_is_free

ROOT = Path(__file__).resolve().parent.parent
USUAL_HTTP_PORT = 8000
USUAL_MLLP_PORT = 2575  # the port IANA names for HL7
USUAL_MAILBOX_PORT = 2525
KEY_VARIABLES = ("HECTIS_DATA_KEYS", "HECTIS_INDEX_KEY", "HECTIS_SECRET_KEY")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where this run keeps its data and listens, and which Procfile it runs."""

    data_dir: Path
    http_port: int
    mllp_port: int
    procfile: Path

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Plan":
        """The plan by HECTIS_DATA_DIR, HECTIS_HTTP_PORT, HECTIS_MLLP_PORT; CannotStart where one is ill-typed."""
        return cls(
            data_dir=Path(environ.get("HECTIS_DATA_DIR", "").strip() or ROOT / ".data").absolute(),
            http_port=_port(environ, "HECTIS_HTTP_PORT", USUAL_HTTP_PORT),
            mllp_port=_port(environ, "HECTIS_MLLP_PORT", USUAL_MLLP_PORT),
            procfile=Path(environ.get("HECTIS_PROCFILE", "").strip() or ROOT / "Procfile").absolute(),
        )


def require_ports(plan: Plan) -> None:
    """Refuse a taken port before anything is started."""
    for variable, port in (("HECTIS_HTTP_PORT", plan.http_port), ("HECTIS_MLLP_PORT", plan.mllp_port)):
        if not port_is_free(port):
            raise CannotStart(
                f"Port {port} is taken by another program: stop it, or choose another port, for example "
                f"make run {variable}={port + 10}"
            )


def keys_for(plan: Plan, environ: Mapping[str, str], say: Say) -> dict[str, str]:
    """The variable that names the key file: made in the data folder for a database of our own.

    A database named by DATABASE_URL outlives this folder, so its keys must be named too.
    """
    if environ.get("HECTIS_KEYS_FILE") or all(environ.get(name) for name in KEY_VARIABLES):
        return {}
    if environ.get("DATABASE_URL"):
        raise CannotStart(
            "DATABASE_URL is set, so its keys must be named too: HECTIS_KEYS_FILE, or all of "
            f"{', '.join(KEY_VARIABLES)} (`hectis keys new` prints a fresh one)."
        )
    path = plan.data_dir / "keys.json"
    if ensure_key_file(path):
        say(f"Keys made: {path} (without this file nobody can read the names: keep a copy)")
    return {"HECTIS_KEYS_FILE": str(path)}


def environment(
    plan: Plan, environ: Mapping[str, str], addresses: Addresses, keys: Mapping[str, str]
) -> dict[str, str]:
    """What every process is given: ours over what was there."""
    programs = str(Path(sys.executable).parent)
    full = {
        **environ,
        **keys,
        "PATH": f"{programs}{os.pathsep}{environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
        "HECTIS_DATA_DIR": str(plan.data_dir),
        "HECTIS_HTTP_PORT": str(plan.http_port),
        "HECTIS_MLLP_PORT": str(plan.mllp_port),
    }
    if addresses.own_database:
        # Training and debugging messages are welcome where nothing is real.
        full.setdefault("HECTIS_PROCESSING_IDS", "P,T,D")
        if not full.get("HECTIS_SMTP_HOST"):
            full |= caught_mail(full)
    return full


def caught_mail(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings by which the notices of a practice province go to the mail catcher and nowhere else."""
    port = str(_port(environ, "HECTIS_MAILBOX_PORT", free_port(USUAL_MAILBOX_PORT)))
    return {
        "HECTIS_MAILBOX_PORT": port,
        "HECTIS_SMTP_HOST": "127.0.0.1",
        "HECTIS_SMTP_PORT": port,
        "HECTIS_SMTP_STARTTLS": "no",
        "HECTIS_MAIL_FROM": "hectis@practice.invalid",
    }


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise CannotStart(f"{name} must be a port number from 1 to 65535.")
    return int(text)
