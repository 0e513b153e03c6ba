"""Run the notebooks of an iteration, publish their reports, and answer the command line.

`context` is the door for notebooks and `commands` the one for people. `iteration` ties together
what is checked before (`planning`), what kernels do (`execution`) and what remains (`publication`).
"""
