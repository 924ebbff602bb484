"""The HTTP API: the same verbs for other programs, over a network with a token, through the local door without."""
