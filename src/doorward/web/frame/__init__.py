"""What surrounds every page: the brand's look and pictures, the choice of a language."""
