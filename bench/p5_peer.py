"""The peer of the P5 bench: the same POST as a Dramatiq actor, which records nothing, as it ships.

Started by `bench.p5_notices` as `dramatiq bench.p5_peer`; also its bare loop (`python -m bench.p5_peer
COUNT`), the floor: the same calls over the same kind of pool, without queue, database or rendering.
"""

import os
import sys
import threading

import dramatiq
import urllib3
from dramatiq.brokers.redis import RedisBroker

BODY = b'{"wanted":"' + b"x" * 1000 + b'"}'
HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "p5",
    "webhook-timestamp": "1700000000",
    "webhook-signature": "v1," + "0" * 44,
}
broker = RedisBroker(url=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"), middleware=[])
dramatiq.set_broker(broker)
_local = threading.local()


def pool() -> urllib3.HTTPConnectionPool:
    """A kept connection for each thread."""
    found: urllib3.HTTPConnectionPool | None = getattr(_local, "pool", None)
    if found is None:
        found = _local.pool = urllib3.HTTPConnectionPool("127.0.0.1", int(os.environ["P5_PORT"]), maxsize=1)
    return found


@dramatiq.actor
def post(key: str) -> None:
    """One notice."""
    answer = pool().urlopen(
        "POST", "/hook", body=BODY, headers={**HEADERS, "webhook-id": key}, redirect=False
    )
    assert answer.status == 204


def main(count: int, name: str) -> None:
    """The bare loop."""
    for number in range(count):
        post.fn(f"{name}-{number}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
