//! An order: what parses is written again byte for byte in meaning, and is its authority's or refused.
#![no_main]

use airlock_hooks::{Package, SignedOrder};
use airlock_protocol::AccountKey;
use airlock_wire::AccountId;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((sign, bytes)) = bytes.split_first() else { return };
    let Ok(mut order) = SignedOrder::parse(bytes) else { return };
    if sign % 2 == 1 {
        // Behind the signature: any demand, signed by the authority that it names.
        let key = AccountKey::from_bytes(&[0xAC; 32]);
        let mut demand = order.demand().clone();
        demand.authority = key.id();
        order = SignedOrder::sign(demand, &key).expect("it was an order before");
        assert_eq!(order.authenticate(), Ok(()));
    }
    let json = order.to_json().expect("its parts are text and numbers");
    assert_eq!(SignedOrder::parse(json.as_bytes()).as_ref(), Ok(&order));
    assert!(!order.demand().to_string().chars().any(|char| char.is_control() && char != '\n'));
    let _ = order.demand().fits(&Package::reference_word_list());
    let us = AccountId([7; 32]);
    if let Ok(order) = order.verify(&us, 1_795_000_000_000) {
        assert!(order.demand().binds.binds(&us));
    }
});
