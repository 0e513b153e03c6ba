"""Notebooks in kernels of their own, two at a time, their results checked or reused."""
