"""How often something may be tried, how long one waits then, and how it is counted before it is looked at."""
