"""What is fast and what is not, beside something known: one module a question, never in the suite.

Every figure stands beside another that was measured in turns with it, in the same run, on the
same machine (curl, Kannel, a floor that only parses and inserts): only the ratio means something
elsewhere. `scripts/bench NAME` runs one, `scripts/bench all` every one and prints one table.
"""
