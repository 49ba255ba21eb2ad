"""The way back after a loss: help, its requests, the set-up pass, waiting, objecting, *This was not me*."""
