#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    secur32_fuzz::begin(input);
    secur32_fuzz::scram_login::run(input);
});
