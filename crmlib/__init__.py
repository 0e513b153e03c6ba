"""Analytic CRM: evaluate what sales, campaigns and contacts recorded, once per iteration.

The rooms, from the ground up: `errors`, `schema`, `periods`, `settings` (core), `database`,
`sources`, `simulation` (data), `features`, `evaluation`, `reporting`, `run`. Each imports only from
those before it.
"""

__version__ = "0.1.0"
