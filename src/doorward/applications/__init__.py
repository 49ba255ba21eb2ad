"""The applications behind tabs, as OpenID clients: who they are, what they were given, and what it is still worth."""
