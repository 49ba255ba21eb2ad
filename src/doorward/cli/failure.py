"""What a command says where it could not do what was asked."""

from __future__ import annotations

import sys
from typing import IO, Any

import click


class Failure(click.ClickException):
    """What was asked for could not be done: exit status 1, one plain sentence on stderr."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence and nothing else."""
        click.echo(self.format_message(), file=file or sys.stderr)
