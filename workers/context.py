"""What every process of ours is made of: settings, the house, a name of its own.

`clock`, `work` and `listen` start through `run_part`; jobs get the house through `at_work`. It must not
know what the parts do.
"""

import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from config.feeds import FeedsFault
from config.keys import KeyFault
from config.settings import Settings, SettingsFault, load
from hectis_flow.domain.errors import HectisError
from hectis_flow.services.house import House
from hectis_flow.wiring import open_house

log = structlog.get_logger(__name__)

FAULTY_START = 2  # exit code: the sentence on stderr says what to mend


@dataclass(frozen=True, slots=True)
class Context:
    """One process: which part it is, its name among its fellows, its settings and its house."""

    part: str
    instance: str
    settings: Settings
    house: House


class _Process:
    context: Context | None = None


def open_context(part: str) -> Context:
    """Read the settings and wire this process; nothing is connected yet."""
    # libpq's own variable: PostgreSQL then shows which process of ours holds or waits for what.
    os.environ.setdefault("PGAPPNAME", f"hectis {part} {os.getpid()}")
    settings = load()
    return adopt(Context(part, _name(), settings, open_house(settings)))


def adopt(context: Context) -> Context:
    """Make it the context that the jobs of this process work in."""
    _Process.context = context
    return context


@contextmanager
def at_work(job: str, size: int) -> Iterator[House]:
    """The house for one job; log lines in between name the job and how many ids it was given."""
    if _Process.context is None:
        raise RuntimeError("A job was called outside a worker: open a context first.")
    with structlog.contextvars.bound_contextvars(job=job, ids=size):
        yield _Process.context.house


def run_part(part: str, body: Callable[[Context], int]) -> int:
    """Open the context and run a part in it; a fault of the start is a sentence and an exit code."""
    try:
        context = open_context(part)
        log.info("part.starts", part=part, instance=context.instance)
        code = body(context)
    except (SettingsFault, KeyFault, FeedsFault, HectisError) as fault:
        sys.stderr.write(f"{part}: {fault}\n")
        return FAULTY_START
    else:
        log.info("part.ends", part=part, instance=context.instance, code=code)
        return code


def _name() -> str:
    """Never used twice: a process that is started again must not pass for the one that was killed."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
