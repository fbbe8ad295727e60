#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chatserv::fuzzing::check("proxy", bytes));
