"""What pip builds Doorward with: flit, and before it the translations, which are compiled and not committed.

So a wheel has them whoever builds it, and from whatever: `make wheel`, `pip install` of a checkout or of a source
archive. `pyproject.toml` names this file (PEP 517, *In-tree build backends*).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flit_core import buildapi
from flit_core.buildapi import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

LOCALE = Path("src/doorward/locale")


def build_wheel(
    folder: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Compile the translations, build the wheel into that folder, and return its name."""
    for catalogue in LOCALE.glob("*/LC_MESSAGES/django.po"):
        compile_catalogue(catalogue)
    return str(buildapi.build_wheel(folder, config_settings, metadata_directory))


def compile_catalogue(catalogue: Path) -> None:
    """Write the compiled catalogue beside this one, under its name in one step: a portal may just be starting."""
    with catalogue.open("rb") as file:
        read = read_po(file, locale=catalogue.parts[-3], abort_invalid=True)
    aside = catalogue.with_suffix(".mo.new")
    with aside.open("wb") as file:
        write_mo(file, read)
    aside.replace(catalogue.with_suffix(".mo"))
