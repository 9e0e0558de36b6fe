//! A signed device list: decoding and verifying. Whatever verifies keeps the limits.
#![no_main]

use airlock_fuzz::World;
use airlock_protocol::{AccountKey, LocalIdentity};
use airlock_wire::{DEVICES_MAX, DeviceList, SignedDeviceList, decode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((signed, bytes)) = bytes.split_first() else { return };
    let list = if signed % 2 == 0 {
        decode::<SignedDeviceList>(bytes)
    } else {
        // Behind the signature: any list, signed by its own account.
        let key = AccountKey::from_bytes(&[0xAC; 32]);
        decode::<DeviceList>(bytes)
            .map(|list| key.sign_device_list(&DeviceList { account: key.id(), ..list }))
    };
    let Ok(list) = list else { return };
    if let Ok(verified) = list.verify() {
        assert!((1..=DEVICES_MAX).contains(&verified.devices.len()));
        // Alice's keys are on it only if it names both.
        let alice = World::new().alice.us;
        let named = verified.device(&alice.device().id()) == Some(&alice.device().public());
        let restored = airlock_protocol::DeviceKeys::restore(&alice.device().save()).expect("just saved");
        assert_eq!(LocalIdentity::new(restored, list).is_ok(), named);
    }
});
