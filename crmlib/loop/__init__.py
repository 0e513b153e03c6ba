"""What was predicted and planned, held against what happened, over all iterations."""
