#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nexusflow_fuzz_targets::cel(data));
