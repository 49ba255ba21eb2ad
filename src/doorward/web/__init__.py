"""Pages: a folder a room, what all of them share in `http` and `kit`, the server's side in `server`."""
