"""The room Home: who I am here, what waits for me, where to go."""
