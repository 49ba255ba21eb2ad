"""`doorward import` of what another system has, one command for each."""

from __future__ import annotations

from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

import click

from doorward.cli.base import json_option, with_data
from doorward.cli.failure import Failure
from doorward.cli.importing_lines import (
    How,
    digest_of,
    dry_option,
    file_argument,
    import_people,
    invite_option,
    read_bytes,
    report_option,
    resume_option,
)
from doorward.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doorward.credentials.totp.foreign import Export
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


@click.command("apps")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--customer", "name", required=True, help="The customer whose people they are.")
@click.option("--person", default="", help="Take the accounts of this e-mail alone.")
@click.option("--issuer", default="", help="Take the accounts of this issuer alone.")
@_domain
@resume_option
@dry_option
@report_option
@json_option
@with_data
def apps(
    files: tuple[Path, ...], *, name: str, person: str, issuer: str, domain: str, **how: Unpack[How]
) -> None:
    """Import authenticator apps of people who are there and have not signed in yet, by the e-mail in each label.

    A FILE is a picture (PNG, JPEG or WebP) of QR codes that Google Authenticator exports, or text with what they say
    (otpauth-migration://), one a line. An export with several codes is given whole. With --person, an account whose
    label is no e-mail is theirs, too.
    """
    from doorward.importing import authenticator  # noqa: PLC0415
    from doorward.importing.devices import KIND  # noqa: PLC0415

    contents = [read_bytes(file) for file in files]
    exports = [
        one for file, content in zip(files, contents, strict=True) for one in _codes(file, content)
    ]
    whose = authenticator.Whose(person=person.strip(), issuer=issuer.strip(), domain=domain)
    lines = authenticator.people(authenticator.accounts(exports), whose)
    given = (*sorted(map(digest_of, contents)), whose.person, whose.issuer, domain)
    digest = digest_of("\n".join(given).encode())
    import_people(lines, name, kind=KIND, invite=False, digest=digest)(**how)


def _codes(file: Path, content: bytes) -> list[Export]:
    """Return what the codes of a file say, or say of which file it is that they do not."""
    from doorward.importing import authenticator  # noqa: PLC0415
    from doorward.kernel.refusals import sentence  # noqa: PLC0415

    try:
        return authenticator.read(content)
    except Refusal as refusal:
        raise Failure(f"{file}: {sentence(refusal)}") from refusal


SYSTEMS: Final = (apps, keycloak, django_otp, allauth, lemonldap, privacyidea)
