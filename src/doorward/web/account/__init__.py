"""The room Account: the customer's details, its people in numbers, and its policy."""
