"""Charts, one module per chapter: a frame in, labelled axes out.

All take the snapshot day and the currency, so that the run context can hand them over.
"""
