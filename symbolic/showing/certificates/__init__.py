"""Proofs as data that another program can check."""
