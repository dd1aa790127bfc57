#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    secur32_fuzz::begin();
    secur32_fuzz::identities::run(input);
});
