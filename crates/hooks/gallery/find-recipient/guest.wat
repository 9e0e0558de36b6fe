;; Warns with a checksum of everything in its memory as the score: what it was given, where it lies,
;; and whatever else a host may have left there.
(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16))))
  (func $check (export "airlock:hook/gate@0.2.0#check") (param $in i32) (result i32)
    (local $sum i32) (local $at i32)
    (local.set $sum (i32.const 0x811c9dc5))
    (loop $next_byte
      (local.set $sum
        (i32.mul (i32.xor (local.get $sum) (i32.load8_u (local.get $at))) (i32.const 0x01000193)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next_byte (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
    (i32.store8 (i32.const 16) (i32.const 2))
    (i32.store8 (i32.const 24) (i32.const 1))
    (i32.store (i32.const 28) (local.get $sum))
    (i32.const 16))
)
