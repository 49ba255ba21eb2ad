"""`doorward import` of what another system has, one command for each."""

from __future__ import annotations

from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from doorward.cli.base import json_option, with_data
from doorward.cli.failure import Failure
from doorward.cli.importing_lines import (
    digest_of,
    dry_option,
    file_argument,
    import_people,
    invite_option,
    read_bytes,
    report_option,
    resume_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doorward.importing.rules import LineOutcome, PersonLine

    Lines = Iterable[PersonLine | LineOutcome]
    # Imports these lines of that source.
    Run = Callable[[Lines, bytes], None]

_into = click.option(
    "--customer", "name", required=True, help="Import everybody into this customer."
)
_domain = click.option(
    "--domain", default="", help="The e-mail domain of whoever signs in with a name there."
)
_OPTIONS: Final[tuple[Any, ...]] = (
    _into,
    _domain,
    invite_option,
    resume_option,
    dry_option,
    report_option,
    json_option,
)
_HOW: Final = ("resume", "dry", "report", "as_json")


def _system(name: str, *arguments: Any) -> Callable[..., click.Command]:  # noqa: ANN401 - click's decorators
    """Return what makes a command of a function that runs an import of everybody's lines."""

    def made(function: Callable[..., None]) -> click.Command:
        def call(*, name: str, invite: bool, **given: Any) -> None:  # noqa: ANN401 - its own
            how = {option: given.pop(option) for option in _HOW}

            def run(lines: Lines, source: bytes) -> None:
                digest = digest_of(source)
                import_people(lines, name, kind=kind, invite=invite, digest=digest)(**how)

            function(run, **given)

        kind = name
        command: Any = with_data(update_wrapper(call, function))
        for option in reversed((*arguments, *_OPTIONS)):
            command = option(command)
        done: click.Command = click.command(name)(command)
        return done

    return made


@_system("keycloak", file_argument)
def keycloak(run: Run, *, file: Path, domain: str) -> None:
    """Import the users of a realm that Keycloak exported as JSON, with their passwords and apps.

    The export is made by `kc.sh export --realm NAME --users realm_file`.
    """
    from doorward.importing import keycloak  # noqa: PLC0415 - after set-up, as all below

    content = read_bytes(file)
    run(keycloak.people(content, domain=domain), content)


def _django(run: Run, *, source: str, domain: str) -> None:
    from doorward.importing import django_people, django_tables  # noqa: PLC0415

    if source.startswith(django_tables.POSTGRESQL):
        with django_tables.of_postgresql(source) as tables:
            run(django_people.people(tables, domain=domain), source.encode())
        return
    file = Path(source)
    if not file.is_file():
        raise Failure(f"There is no file {source}.")
    content = read_bytes(file)
    if not django_tables.is_sqlite(content):
        run(django_people.people(django_tables.of_dump(content), domain=domain), content)
        return
    with django_tables.of_sqlite(file) as tables:
        run(django_people.people(tables, domain=domain), content)


@_system("django-otp", click.argument("source"))
def django_otp(run: Run, **given: str) -> None:
    """Import the users of a Django project with django-otp or django-two-factor-auth, with their passwords and apps.

    SOURCE is its SQLite file, the address of its PostgreSQL database, or what `manage.py dumpdata` wrote as JSON.
    """
    _django(run, **given)


@_system("allauth", click.argument("source"))
def allauth(run: Run, **given: str) -> None:
    """Import the users of a Django project with django-allauth, with their passwords and apps.

    SOURCE is its SQLite file, the address of its PostgreSQL database, or what `manage.py dumpdata` wrote as JSON.
    """
    _django(run, **given)


@_system("lemonldap", file_argument)
def lemonldap(run: Run, *, file: Path, domain: str) -> None:
    """Import the users of LemonLDAP::NG with their apps; their passwords are not there.

    The file is made by `lemonldap-ng-sessions search --persistent`.
    """
    from doorward.importing import lemonldap  # noqa: PLC0415

    content = read_bytes(file)
    run(lemonldap.people(content, domain=domain), content)


@_system(
    "privacyidea",
    file_argument,
    click.option(
        "--key-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file with the key that was shown when the export was made.",
    ),
)
def privacyidea(run: Run, *, file: Path, key_file: Path | None, domain: str) -> None:
    """Import the users of privacyIDEA with their apps; their passwords are not there.

    The file is made by `pi-tokenjanitor find export --format pi --file FILE`.
    """
    from doorward.importing import privacyidea  # noqa: PLC0415

    key = read_bytes(key_file).decode(errors="replace") if key_file else ""
    content = read_bytes(file)
    run(privacyidea.people(content, key=key, domain=domain), content)


SYSTEMS: Final = (keycloak, django_otp, allauth, lemonldap, privacyidea)
