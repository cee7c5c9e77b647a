"""Documents and pictures for a prompt: read in a child process, fetched from the web, cut to what fits."""
