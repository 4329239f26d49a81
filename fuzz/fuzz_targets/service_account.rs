#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::service_account(data));
