"""Presets: schemas that users already have. One module per preset, with `prepare`."""
