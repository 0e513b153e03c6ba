"""Companies that do not exist, with known truth; always labelled as simulated."""
