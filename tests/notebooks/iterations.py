"""Two iterations of the simulated company, of the chapters that compare themselves with before."""

EARLIER, LATER = "2024-10-31", "2024-12-31"
CHAPTERS = ("40_market_sections", "42_target_groups", "44_rfm")
