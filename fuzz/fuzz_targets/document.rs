#![no_main]

use nexusflow_fuzz_targets::document;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    document(data);
});
