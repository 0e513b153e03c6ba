"""What to do and for how much money."""
