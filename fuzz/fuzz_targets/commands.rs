#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(nexusflow_fuzz_targets::commands(data)));
