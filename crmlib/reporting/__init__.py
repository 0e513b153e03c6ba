"""From the outputs of notebooks to what managers read: HTML, PDF and the index of runs."""
