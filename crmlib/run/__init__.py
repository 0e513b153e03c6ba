"""Run the notebooks of an iteration, publish their reports, and answer the command line.

`context` is the door for notebooks; `commands` the one for people; between them stand the order
(`notebooks`, `parameters`, `sequence`, `plan`), the execution (`kernel`, `execute`, `schedule`),
what is kept (`reuse`, `manifest`, `publish`) and `iteration`, which ties them together.
"""
