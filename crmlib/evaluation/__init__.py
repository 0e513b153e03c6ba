"""How sure a number is and how two numbers compare: arrays in, never models."""
