"""The OpenID provider: how applications reach it. It parses, asks the gate and one service, and answers."""
