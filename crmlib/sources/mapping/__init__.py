"""Mappings: files and tables in forms of their own, described column by column in YAML."""
