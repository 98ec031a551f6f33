"""Claims -> verdicts: what stands between the reader and the proof, and what concerns a note as a whole.

    workshop   a model -> its judge and its derivation, made once
    claims     a claim -> an entry: every ∂ in it is worked out, the judge is asked
    notes      errors that are only carried along a chain, or rest on a wrong formula for an adjoint
    functions  letters of functions that a note never explains: which function is meant, and when nothing can say it
    open_layout a note whose layout nothing fixes but one formula
    understood how a document was understood beyond its own forward equations, for --explain-model"""
