"""The provider's staff in a customer's portal, as one of its people sees it: with their yes, for half an hour."""
