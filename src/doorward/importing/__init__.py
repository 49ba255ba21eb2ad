"""Moving in: people and customers of a file, or of another system, with the passwords and apps that they have."""
