"""The second route of a proof: exact evaluation in a prime field.  It shares with the first one nothing but the terms."""
