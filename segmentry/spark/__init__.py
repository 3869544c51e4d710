"""A small Spark cluster on this machine, and the copy of its marts."""
