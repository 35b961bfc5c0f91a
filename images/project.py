"""What of this repository goes into the images: the packages of the wheel and what they depend on."""

import tomllib
from pathlib import Path
from typing import Any

from images.store import files_below, key_of, key_of_files

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = ROOT / "images" / "configuration"


def dependencies() -> tuple[str, ...]:
    found: list[str] = _pyproject()["project"]["dependencies"]
    return tuple(found)


def sources() -> list[Path]:
    """Every file that the wheel is made of."""
    patterns: list[str] = _pyproject()["tool"]["setuptools"]["packages"]["find"]["include"]
    files = [file for pattern in patterns for file in files_below(ROOT / pattern.removesuffix("*"))]
    return [ROOT / "pyproject.toml", ROOT / "LICENSE", *files]


def sources_key() -> str:
    return key_of_files(ROOT, sources())


def build_code_key(*modules: str) -> str:
    """The key of our own build code, so that an image is built again after its recipe changed."""
    shared = ("mirrors", "store", "tree")
    return key_of(*((ROOT / "images" / f"{name}.py").read_bytes() for name in sorted({*modules, *shared})))


def configuration_key(name: str) -> str:
    return key_below(CONFIGURATION / name)


def key_below(folder: Path) -> str:
    return key_of_files(folder, files_below(folder))


def version() -> str:
    found: str = _pyproject()["project"]["version"]
    return found


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
