#![no_main]

use nexusflow_fuzz_targets::commands;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    commands(data);
});
