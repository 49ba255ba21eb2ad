"""The demonstration's provider, brands, customers, people and their history of some weeks."""

from doorward.demo.data.fill import Filled, fill
from doorward.demo.data.people import PASSWORD

__all__ = ["PASSWORD", "Filled", "fill"]
