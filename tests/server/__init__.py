"""The HTTP server on a real socket."""
