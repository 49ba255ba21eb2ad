"""The demonstration: `doorward demo`, its data folder, its people, its mail."""
