"""An example for each command that its usage alone does not explain; `--help` and the manual show it."""

from __future__ import annotations

from typing import Final

import click

EXAMPLES: Final = {
    "administrators add": (
        'doorward administrators add ines@bakery.example --customer "Harbour Bakery" --tab administrators',
    ),
    "administrators end-sessions": (
        "doorward administrators end-sessions ines@bakery.example",
        "doorward administrators end-sessions --all",
    ),
    "administrators scope": (
        "doorward administrators scope you@provider.example all",
        'doorward administrators scope nora@provider.example customers --customer "Near Bakery"',
    ),
    "applications add": (
        "doorward applications add billing --redirect https://billing.example.com/callback",
    ),
    "applications secret remove": (
        "doorward applications secret remove billing 5a807819-2e69-46c9-8c0a-7a2235ea7a95",
    ),
    "applications try": ("doorward applications try billing ines@bakery.example",),
    "backup": (
        "doorward backup /srv/backups/portal.backup --recipient age1…",
        "doorward backup /srv/backups/portal.backup --overwrite",
    ),
    "brands confirm": ("doorward brands confirm portal.brand.example",),
    "check": ("doorward check --ntp pool.example.com", 'doorward check --brand "Nearby Telecom"'),
    "completion": (
        "doorward completion bash > /etc/bash_completion.d/doorward",
        "doorward completion zsh > /usr/local/share/zsh/site-functions/_doorward",
        "doorward completion fish > /etc/fish/completions/doorward.fish",
    ),
    "customers move": ('doorward customers move "Harbour Bakery" --brand Brightwave',),
    "customers rename": ('doorward customers rename "Harbour Bakery" "Harbour Bakeries"',),
    "evidence": (
        'doorward evidence "Harbour Bakery" --from 2026-07-01 --to 2026-09-30 bakery.zip',
    ),
    "export customer": ('doorward export customer "Harbour Bakery" bakery.zip',),
    "history export": ("doorward history export --format jsonl > history.jsonl",),
    "history verify": ("doorward history verify --against anchors.txt",),
    "import apps": ('doorward import apps codes-1.png codes-2.png --customer "Harbour Bakery"',),
    "import allauth": ('doorward import allauth dump.json --customer "Harbour Bakery" --dry-run',),
    "import django-otp": (
        'doorward import django-otp db.sqlite3 --customer "Harbour Bakery" --dry-run',
    ),
    "import invite": ("doorward import invite 5a807819-2e69-46c9-8c0a-7a2235ea7a95",),
    "import keycloak": (
        'doorward import keycloak realm.json --customer "Harbour Bakery" --invite',
    ),
    "import lemonldap": (
        'doorward import lemonldap sessions.json --customer "Harbour Bakery" --domain bakery.example',
    ),
    "import people": ('doorward import people people.csv --customer "Harbour Bakery" --dry-run',),
    "import privacyidea": (
        'doorward import privacyidea tokens.json --customer "Harbour Bakery" --key-file enckey',
    ),
    "keys drop": ("doorward keys drop 0f9e8d7c",),
    "keys make": ("doorward keys make /etc/doorward/keys.json",),
    "keys restore": ("doorward keys restore keys.age --identity identity.txt",),
    "manual": (
        "doorward manual | less",
        "doorward manual --roff > /usr/local/share/man/man1/doorward.1",
    ),
    "policy apply": ('doorward policy apply "Harbour Bakery" policy.toml',),
    "policy plan": ('doorward policy plan "Harbour Bakery" policy.toml',),
    "policy rehearse": ('doorward policy rehearse "Harbour Bakery" policy.toml',),
    "policy show": ('doorward policy show "Harbour Bakery" > policy.toml',),
    "rescue": ("doorward rescue you@provider.example",),
    "restore customer": (
        'doorward restore customer "Harbour Bakery" /srv/backups/portal.backup --yes',
    ),
    "run": ("doorward run --bind 127.0.0.1:8000 --workers 4",),
    "sites add": ("doorward sites add wiki https://wiki.example.com",),
    "sites try": ("doorward sites try wiki ines@bakery.example",),
}


def attach(command: click.Command, path: str) -> None:
    """Give a command, and those below it, their examples as the end of their help."""
    if examples := EXAMPLES.get(path):
        title = "Examples:" if len(examples) > 1 else "Example:"
        command.epilog = "\b\n" + "\n".join([title, *(f"  {one}" for one in examples)])
    if (
        isinstance(command, click.Group)
        and type(command).list_commands is click.Group.list_commands
    ):
        for name, below in command.commands.items():
            attach(below, f"{path} {name}")
