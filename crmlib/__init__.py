"""Analytic CRM: evaluate what sales, campaigns and contacts recorded, once per iteration.

The rooms, from the ground up: `errors`, `schema`, `periods`, `settings` (core), `sources`,
`database`, `simulation` (data), `features` (what is known of each customer), `evaluation` (how sure
a number is), `models` (what is learned and foretold), `decisions` (what to do), `loop` (predicted
against realised), `reporting` (pages), `run` (the iteration and the command line). Each imports
only from those before it.
"""

__version__ = "0.1.0"
