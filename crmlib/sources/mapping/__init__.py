"""Mappings: files and tables in forms of their own, described column by column in YAML."""

from crmlib.sources.mapping.loading import load_mapping, mapping_from
from crmlib.sources.mapping.model import Mapping
from crmlib.sources.mapping.source import MappingSource, open_mapping

__all__ = ["Mapping", "MappingSource", "load_mapping", "mapping_from", "open_mapping"]
