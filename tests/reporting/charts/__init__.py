"""Frames that the charts are drawn from in tests, one module per module of charts."""
