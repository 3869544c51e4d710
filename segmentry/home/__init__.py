"""A home: who writes to it now, what it holds, and whether this machine is fit for it."""
