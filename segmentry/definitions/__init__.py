"""Definitions of segments and audiences: read from YAML, compiled into SQL that is checked in."""
