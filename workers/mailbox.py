"""The practice mail catcher: an SMTP server on this machine that keeps every letter and sends none.

`python -m workers.mailbox`; `make run` starts it for its own practice database and points the notices to
it. Where the database is for real work, or no port is named, it waits idly to be told to stop: it must
never stand between a real notice and its reader.
"""

import asyncio
import logging
import signal
import sys

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from hectis_flow.services import mailbox
from hectis_flow.services.house import House
from workers.context import Context, run_part

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
LARGEST_LETTER = 1 << 20  # bytes


class Catcher:
    """What the SMTP server does with a letter."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep it, then say so."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        try:
            await asyncio.to_thread(mailbox.keep, self._house, envelope.rcpt_tos, raw)
        except Exception as fault:
            log.warning("mailbox.not_kept", exc_info=fault)
            return "451 not kept, try again later"
        return "250 kept"


async def catch_mail(context: Context) -> int:
    """Catch mail until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for order in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(order, stop.set)
    port = context.settings.mailbox_port
    if not port or not await asyncio.to_thread(mailbox.here, context.house):
        log.info("mailbox.not_here")
        await stop.wait()
        return 0
    # The server's own lines quote every address.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    catcher = Catcher(context.house)
    server = await loop.create_server(
        lambda: SMTP(catcher, data_size_limit=LARGEST_LETTER, ident="Hectis practice mail", loop=loop),
        HOST,
        port,
    )
    log.info("mailbox.catches", port=port)
    async with server:
        await stop.wait()
    return 0


def catch_on_a_loop(context: Context) -> int:
    """The same, for a process that has no event loop yet."""
    return asyncio.run(catch_mail(context))


if __name__ == "__main__":
    sys.exit(run_part("mailbox", catch_on_a_loop))
