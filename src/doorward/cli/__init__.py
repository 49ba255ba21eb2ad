"""The command line: what a shell touches, over the same services as the pages."""

from doorward.cli.base import main

__all__ = ["main"]
