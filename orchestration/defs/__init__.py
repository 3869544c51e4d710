"""The definitions, by subject; `orchestration.definitions` puts them together."""
