"""The Administrators tab: a customer's people, and what can be done for them and to them."""
