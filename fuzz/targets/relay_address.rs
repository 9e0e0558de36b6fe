//! A relay address as someone may type or paste it: whatever parses has one text form that parses to the same.
#![no_main]

use airlock_wire::RelayAddress;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(address) = text.parse::<RelayAddress>() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
});
