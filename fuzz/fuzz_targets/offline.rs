#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| polar_license_fuzz::offline::run(data));
