"""Sentences, one module per chapter, that write their numbers from data and compute nothing."""
