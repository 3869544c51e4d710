"""The reference pages of the documentation, written from the project itself.

`python -m segmentry.reference` writes them into docs/reference; `--check` names those that differ.
"""
