//! When something was said, by its sender's clock.
