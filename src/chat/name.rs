//! Names (to be written).
