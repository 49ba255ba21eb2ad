"""What `doorward check` looks at, by subject."""
