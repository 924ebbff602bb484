"""How good, how sure, how different: pure functions over spans and probabilities."""
