"""The systems that call us: each source turns bytes into one `Call`, and raises only InputError."""
