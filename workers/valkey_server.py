"""One Valkey or Redis server of our own on this machine: loopback, a password, nothing on disk.

Called by `local_services` alone. What it holds can be lost at any moment (PostgreSQL is the truth),
so it keeps no file. It must not know what the queues are.
"""

import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import redis

from workers.machine import (
    CannotStart,
    command_as,
    end_process,
    free_port,
    log_tail,
    port_is_free,
    rotated_log,
    wait_for,
)

START_SECONDS = 20.0
STOP_SECONDS = 10.0


@dataclass(slots=True)
class ValkeyServer:
    """A server run by `program`, logging into `home`."""

    home: Path
    program: Path
    password: str
    port: int | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        """What the server of this run printed."""
        return self.home / "valkey.log"

    @property
    def url(self) -> str:
        """The address, password included: keep it out of logs."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Serve; raises CannotStart with the log's end."""
        self._end_earlier_server()
        for attempt in (1, 2, 3):
            self.port = free_port(self.port)
            if self._serve():
                return
            # Between asking for a free port and taking it, another program may have taken it.
            if attempt < 3 and "Address already in use" in log_tail(self.log):
                continue
            break
        self.stop()
        raise CannotStart(f"{self.program.name} did not start. The end of {self.log}:\n{log_tail(self.log)}")

    def stop(self) -> None:
        """End it; harmless when it is not running."""
        if self._process is None:
            return
        if self._process.poll() is None:
            end_process(self._process.pid, gently=signal.SIGTERM, hard=signal.SIGKILL, seconds=STOP_SECONDS)
        self._process.wait()
        self._process = None

    def _serve(self) -> bool:
        with rotated_log(self.log) as log:
            self._process = subprocess.Popen(
                command_as(None, [str(self.program), "-"], on_our_death="TERM"),
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process = self._process
        if process.stdin is not None:
            # By standard input, because a password on the command line is there for every account to read.
            process.stdin.write(self._configuration().encode())
            process.stdin.close()
        wait_for(lambda: process.poll() is not None or self._answers(), seconds=START_SECONDS)
        return process.poll() is None and self._answers()

    def _configuration(self) -> str:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            "protected-mode yes",
            "daemonize no",
            'save ""',
            "appendonly no",
            "maxmemory-policy noeviction",
            f'dir "{self.home}"',
        ]
        return "\n".join(lines) + "\n"

    def _client(self) -> "redis.Redis":
        return redis.Redis(
            host="127.0.0.1",
            port=self.port or 0,
            password=self.password,
            socket_timeout=2,
            socket_connect_timeout=2,
        )

    def _answers(self) -> bool:
        client = self._client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _end_earlier_server(self) -> None:
        """Stop a server that a killed run left: it holds our port and knows our password."""
        if self.port is None or port_is_free(self.port) or not self._answers():
            return
        client = self._client()
        try:
            client.shutdown(nosave=True)
        except redis.RedisError:
            # It may drop the line before it answers; the wait below is what tells.
            pass
        finally:
            client.close()
        port = self.port
        wait_for(lambda: port_is_free(port), seconds=STOP_SECONDS)
