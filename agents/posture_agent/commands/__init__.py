"""One file a command, each with ``run(given) -> int``, the exit status. Only the one that was asked for is loaded."""
