#![no_main]

use nexusflow_fuzz_targets::condition;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    condition(data);
});
