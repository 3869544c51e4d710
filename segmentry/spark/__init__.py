"""A small Spark cluster on this machine, and the way from its tables to the published marts."""
