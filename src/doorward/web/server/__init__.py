"""Between granian and Django: what is read of a request, and how an answer leaves."""
