"""The composition root: the one place that knows every concrete part and puts them together.

`hectis_flow.app` sets Flask on top of it; the `hectis` command and `workers.context` take the house alone.
Everything else is given what it needs.
"""

import time
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

from config.feeds import load_senders
from config.keys import KeyFault, KeyMaterial, read_key_file
from config.logs import configure_logging
from config.policy import read_policy
from config.settings import Settings
from hectis_flow.services.feeds import sender_of
from hectis_flow.services.house import House
from hectis_flow.services.outward import Outward
from hectis_flow.storage.direct import Direct
from hectis_flow.storage.threads import ThreadConnections
from hectis_flow.storage.vault import KeyTable, Vault, VaultFault

# A statement that hangs must not hold a web worker for ever; jobs and sweeps live well below this.
STATEMENT_TIMEOUT_MS = 15_000
CONNECT_TIMEOUT_S = 3
# One for each thread of a web process: a request beyond the pool would make, and close, a connection of its own.
# Those used last are used first: they have their statements prepared, and need no check.
POOL = {"pool_size": 8, "pool_use_lifo": True}
IDLE_SECONDS = 1.0
# For statements whose plan does not hang on what is asked: planning them costs as much as running them.
PLAN_ONCE = " -c plan_cache_mode=force_generic_plan"


def engine_options(setting: str = "") -> dict[str, Any]:
    """How every process speaks to PostgreSQL: UTC, time limits, connections checked before use."""
    options = f"-c timezone=UTC -c jit=off -c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=5000"
    options += setting
    return {
        "pool_recycle": 1800,
        "hide_parameters": True,  # an error's text would quote what a message says
        "connect_args": {"connect_timeout": CONNECT_TIMEOUT_S, "options": options},
    }


def open_house(settings: Settings) -> House:
    """The house of a process that is asked over no HTTP. Touches no server until it is used."""
    configure_logging(settings.log_level)
    return make_house(create_engine(settings.database_url, **engine_options() | POOL), settings)


def make_house(engine: Engine, settings: Settings) -> House:
    """The parts the services work with, for this process."""
    check_before_use(engine)
    sessions: sessionmaker[Session] = sessionmaker(engine, expire_on_commit=False)
    reading = single_statement_engine(settings.database_url, PLAN_ONCE)
    return House(
        sessions=sessions,
        direct=Direct(single_statement_engine(settings.database_url).raw_connection),
        reads=ThreadConnections(reading.raw_connection),
        vault=make_vault(settings),
        processing_ids=settings.processing_ids,
        senders=tuple(map(sender_of, load_senders(settings.feeds_file))),
        policy=read_policy(settings.policy_file),
        outward=Outward.of(settings.channels),
        max_attempts=settings.max_attempts,
        lease_seconds=settings.lease_seconds,
    )


def check_before_use(engine: Engine) -> None:
    """Let a connection that lay idle be asked whether it still lives; one just used is not asked again.

    A question before each use would be a round trip a request. One that died within the second fails its
    request, which may be asked again, and takes the whole pool with it.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used", time.monotonic()) < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.dbapi.Error:  # type: ignore[union-attr]
            raise DisconnectionError from None


def single_statement_engine(url: str, setting: str = "") -> Engine:
    """Connections on which each statement commits itself, for the group commit of intake and for the queue.

    They are not pinged before use, which would be a round trip a batch: a lost one is noticed in use.
    """
    options = engine_options(setting) | {"poolclass": NullPool}
    return create_engine(url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, **options)


def make_vault(settings: Settings) -> Vault:
    """A vault that reads its key file again now and then, and when it meets a key id it does not know."""
    path = settings.keys_file
    if path is None:
        return Vault(key_table(settings.keys))

    def reread() -> KeyTable:
        try:
            return key_table(read_key_file(path))
        except KeyFault as fault:
            raise VaultFault(str(fault)) from None

    return Vault(key_table(settings.keys), reread)


def key_table(material: KeyMaterial) -> KeyTable:
    """Key material in the shape the vault wants."""
    return material.data_keys, material.active, material.index_key
