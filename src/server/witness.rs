//! The hook by which the simulation watches the server.

/// Tells the simulation of an act of the dispatcher, a variant of its `Act`. In every other build this is nothing, and its
/// arguments are not evaluated.
macro_rules! witness {
    ($($act:tt)+) => {
        #[cfg(all(any(test, feature = "simulation"), not(loom)))]
        $crate::server::simulation::witness($crate::server::simulation::Act::$($act)+);
    };
}
