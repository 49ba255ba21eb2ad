"""The demonstration's provider, brands, customers, people and their history of some weeks."""

from doorward.demo.data.cast import PASSWORD
from doorward.demo.data.fill import Filled, fill

__all__ = ["PASSWORD", "Filled", "fill"]
