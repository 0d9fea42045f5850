"""The MLLP listener's process: hospitals' messages in, stored before they are answered.

`python -m workers.listen`. It joins the listener of `feeds.mllp` to `services.intake` and to the
settings. On SIGTERM it stops accepting and answers what it has read. It must not read a message, and
it knows no queue: Redis may be away for as long as it likes.
"""

import asyncio
import signal
import sys
from dataclasses import asdict
from functools import partial
from typing import Any

import structlog

from config.settings import Settings
from hectis_flow.feeds.mllp import (
    Limits,
    Listener,
    ListenerOptions,
    ListenerRefused,
    PeerRule,
    SourceLimits,
    serve,
    server_tls,
)
from hectis_flow.services import answers, intake
from hectis_flow.services.house import Sender
from workers.context import Context, run_part
from workers.pulse import Pulse

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 25.0
# The loop and the commit take turns in one interpreter: with the usual 5 ms each would wait for the other
# as long as a commit takes.
SWITCH_SECONDS = 0.0005
NOT_ALL_ANSWERED = 1  # exit code


def options_of(settings: Settings, senders: tuple[Sender, ...]) -> ListenerOptions:
    """Where to listen and whom to hear. With certificates, only the senders of the feeds file.

    Raises `ListenerRefused` when only some of the three certificate files are named, or one is unfit.
    """
    files = (settings.mllp_certificate, settings.mllp_private_key, settings.mllp_client_ca)
    certificate, key, client_ca = files
    limits = Limits(max_message=settings.max_message_bytes)
    if certificate is None or key is None or client_ca is None:
        if any(files):
            raise ListenerRefused(
                "TLS needs all three of HECTIS_MLLP_CERTIFICATE, HECTIS_MLLP_PRIVATE_KEY and HECTIS_MLLP_CLIENT_CA."
            )
        return ListenerOptions(
            host=settings.mllp_host, port=settings.mllp_port, limits=limits, sources=sources_of(senders)
        )
    return ListenerOptions(
        host=settings.mllp_host,
        port=settings.mllp_port,
        tls=server_tls(certificate, key, client_ca),
        allow={
            sender.certificate: PeerRule(
                sender.certificate, sender.applications, frozenset(sender.facilities)
            )
            for sender in senders
            if sender.certificate
        },
        limits=limits,
        sources=sources_of(senders),
    )


def sources_of(senders: tuple[Sender, ...]) -> dict[str, SourceLimits]:
    """The limits of the feeds file by certificate; of two tables for one certificate the first counts."""
    return {
        sender.certificate: SourceLimits(sender.messages_a_minute, sender.connections)
        for sender in reversed(senders)
        if sender.messages_a_minute or sender.connections
    }


async def listen(context: Context) -> int:
    """Listen until told to stop, then drain; not 0 when somebody was left without an answer."""
    stop = asyncio.Event()
    sys.setswitchinterval(SWITCH_SECONDS)
    loop = asyncio.get_running_loop()
    for order in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(order, stop.set)
    pulses: list[Pulse] = []

    def started(listener: Listener) -> None:
        log.info("mllp.listens", port=listener.port)
        pulses.append(Pulse(context, partial(figures, listener)).start())

    drained = await serve(
        partial(intake.receive, context.house),
        options_of(context.settings, context.house.senders),
        on_failure=answers.storage_failed,
        on_oversize=answers.oversize,
        on_broken=answers.broken,
        stop=stop,
        started=started,
        drain_seconds=DRAIN_SECONDS,
    )
    for pulse in pulses:
        await asyncio.to_thread(pulse.stop)
    return 0 if drained else NOT_ALL_ANSWERED


def figures(listener: Listener) -> dict[str, Any]:
    """The listener's counters, for the heartbeat."""
    return {"port": listener.port, **asdict(listener.counters)}


def listen_on_a_loop(context: Context) -> int:
    """The same, for a process that has no event loop yet."""
    return asyncio.run(listen(context))


if __name__ == "__main__":
    sys.exit(run_part("mllp", listen_on_a_loop))
