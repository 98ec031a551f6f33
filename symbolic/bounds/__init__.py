"""Bounds: largest slopes, norms of products of Jacobians, what vanishes or explodes.

    slopes      sup of the entries of a term, by the exact critical points of a polynomial
    norms       an upper bound of a norm from the form of the derived term, one rule per head
    guard       a second opinion: no real forward pass exceeds a bound
    bench       a model with its bounds, findings, comparison of scales
    witnesses   real networks that stay at one point, so that a Jacobian of any lag is a power of one matrix
    statements  a meaning -> proved, refuted or unproved, one rule per kind of meaning
    flow        the norm of a Jacobian against its lag, measured
"""
