"""`make audit`: known faults in our packages, risky code of our own, secrets left in files, unpinned packages.

Run as `python -m bench.s18_audit`; also what `make target ID=S18` runs. Exits non-zero only for a real
finding: advisories that cannot be reached are said in one line and make the verdict "unknown".
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-servers.lock")
CODE = ("hectis_flow", "workers", "config", "migrations", "wsgi.py")


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found: its lines, and whether it could be carried out at all."""

    name: str
    findings: Sequence[str]
    carried_out: bool = True
    note: str = ""


def known_faults() -> Check:
    """Every pinned package beside the published advisories."""
    faults: list[str] = []
    unknown, asked = 0, 0
    for lock in LOCKS:
        options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-r", lock]
        read = as_json(run("pip-audit", *options).stdout)
        packages = read.get("dependencies", []) if isinstance(read, dict) else []
        asked += len(packages)
        unknown += sum("skip_reason" in package for package in packages) if packages else 1
        for package in packages:
            faults += [
                f"{package['name']} {package['version']}: {one['id']}" for one in package.get("vulns", [])
            ]
    if unknown >= asked:
        return Check("known faults", faults, carried_out=False, note="advisories cannot be reached from here")
    note = f"{unknown} of {asked} packages are unknown to the advisories" if unknown else ""
    return Check("known faults", list(dict.fromkeys(faults)), carried_out=not unknown, note=note)


def risky_code() -> Check:
    """Bandit from medium severity up. B608 is left to ruff's S608, which wants a reason beside each line."""
    done = run("bandit", "-q", "-ll", "-s", "B608", "-f", "json", "-r", *CODE)
    read = as_json(done.stdout)
    if not isinstance(read, dict):
        return Check("risky code", [], carried_out=False, note=done.stderr.strip()[-200:])
    found = [
        f"{Path(one['filename']).as_posix()}:{one['line_number']} {one['test_id']} {one['issue_text']}"
        for one in read["results"]
    ]
    return Check("risky code", found + [f"not read: {error['filename']}" for error in read["errors"]])


def secrets_left() -> Check:
    """What looks like a password or a key in a committed file; a made-up one says so on its line.

    Tests may call any word a secret: there only what has the shape of a key or a token counts.
    """
    done = run("detect-secrets", "scan", "--exclude-files", r"^requirements.*\.lock$")
    read = as_json(done.stdout)
    if not isinstance(read, dict):
        return Check("secrets", [], carried_out=False, note=done.stderr.strip()[-200:])
    found = [
        f"{file}:{one['line_number']} {one['type']}"
        for file, all_of_it in read["results"].items()
        for one in all_of_it
        if not (file.startswith("tests/") and one["type"] == "Secret Keyword")
    ]
    return Check("secrets", found)


def unpinned() -> Check:
    """Every package of every lock has one version and at least one hash."""
    found = [
        f"{lock}: {block.splitlines()[0]}"
        for lock in LOCKS
        for block in re.split(r"^(?=\w)", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
        if re.match(r"\w", block) and not re.search(r"\A\S+==\S+[\s\S]*--hash=sha256:", block)
    ]
    return Check("pinned packages", found)


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the tools in `.venv` over the project."""
    return subprocess.run(
        [str(PROGRAMS / program), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def as_json(text: str) -> Any:
    """What the tool printed; None where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def main(arguments: Sequence[str]) -> int:
    """Say what each check found, or only the one about secrets (`secrets`); 1 for a real finding."""
    wanted = (
        [secrets_left]
        if list(arguments) == ["secrets"]
        else [known_faults, risky_code, secrets_left, unpinned]
    )
    checks = [check() for check in wanted]
    for check in checks:
        state = f"{len(check.findings)} findings" if check.findings else "nothing found"
        if not check.carried_out and not check.findings:
            state = "not checked"
        print(f"{check.name:<16} {state}" + (f" ({check.note})" if check.note else ""))
        for finding in check.findings:
            print(f"    {finding}")
    findings = sum(len(check.findings) for check in checks)
    verdict = "misses" if findings else "holds" if all(check.carried_out for check in checks) else "unknown"
    print(json.dumps({"target": "S18", "findings": findings, "verdict": verdict}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
