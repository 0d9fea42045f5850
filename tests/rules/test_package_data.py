"""What is installed carries everything that the program reads: templates, styles, catalogues, policy, tables."""

import tomllib
from pathlib import Path

from setuptools import Distribution, find_namespace_packages
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parents[2]


def carried() -> set[str]:
    """The files beside code that an installed package has, as setuptools reads them from pyproject.toml."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = find_namespace_packages(str(ROOT), include=said["packages"]["find"]["include"])
    kinds = {name.replace("*", ""): patterns for name, patterns in said["package-data"].items()}
    command = build_py(
        Distribution({"packages": found, "package_data": kinds, "package_dir": {"": str(ROOT)}})
    )
    command.ensure_finalized()
    return {
        str(Path(folder, name).relative_to(ROOT))
        for _, folder, _, names in command.get_data_files_without_manifest()
        for name in names
    }


def test_an_installed_package_has_every_file_that_stands_beside_the_code() -> None:
    folders = ("hectis_flow", "workers", "config", "migrations")
    here = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }

    assert here - carried() == set()
    assert {f"hectis_flow/render/catalogues/{language}.po" for language in ("af", "xh")} <= carried()
