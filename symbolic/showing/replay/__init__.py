"""Counterexamples as files of their own: NumPy is all that they need, to see for oneself that a formula is wrong."""
