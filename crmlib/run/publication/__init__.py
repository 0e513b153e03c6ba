"""The run folder: hashes, reports, one rename into place, the index of all runs."""
