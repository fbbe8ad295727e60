//! What Tab makes of a half-typed word.
