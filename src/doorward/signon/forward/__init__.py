"""Forward-auth: a proxy asks about each request to a site that has no sign-in of its own."""
