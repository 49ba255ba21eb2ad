"""The demonstration's provider, brands, customers, people and their history of some weeks."""

from doorward.cli.demo_data.fill import Filled, fill
from doorward.cli.demo_data.people import PASSWORD

__all__ = ["PASSWORD", "Filled", "fill"]
