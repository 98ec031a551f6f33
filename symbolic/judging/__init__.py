"""Claims -> verdicts: what stands between the reader and the proof, and what concerns a note as a whole.

    workshop   a model -> its judge and its derivation, made once
    claims     a claim -> an entry: every ∂ in it is worked out, the judge is asked
    rules      the rules that look at more than one formula, as a table, and the order in which they are applied
    notes      errors that are only carried along a chain, or rest on a wrong formula for an adjoint
    functions  letters of functions that a note never explains: which function is meant, and when nothing can say it
    identities identities in a function that no forward equation uses
    senses, scales, signs, redefined, announced, denied, beforelast, entries, open_layout
               what may mean two things; one rule each
    diagnosed  the cause and a proved repair of what is refuted
    understood how a document was understood beyond its own forward equations, for --explain-model"""
