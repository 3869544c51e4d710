"""The definitions by subject. `orchestration.definitions` assembles them."""
