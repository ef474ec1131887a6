#![no_main]

use nexusflow_fuzz_targets::cel;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cel(data);
});
