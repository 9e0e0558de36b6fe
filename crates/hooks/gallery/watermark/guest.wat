;; Adds eight characters without width, which spell the last byte of the text.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16))))
  (func $check (export "airlock:hook/gate@0.2.0#check") (param $in i32) (result i32)
    (local $from i32) (local $length i32) (local $bits i32) (local $at i32)
    (local.set $from (i32.load offset=4 (local.get $in)))
    (local.set $length (i32.load offset=8 (local.get $in)))
    (local.set $bits
      (i32.load8_u (i32.sub (i32.add (i32.load offset=4 (local.get $in)) (i32.load offset=8 (local.get $in))) (i32.const 1))))
    (memory.copy (i32.const 65536) (local.get $from) (local.get $length))
    (local.set $at (i32.add (i32.const 65536) (local.get $length)))
    (loop $bit
      ;; U+200B for 0 and U+200C for 1.
      (i32.store16 (local.get $at) (i32.const 0x80e2))
      (i32.store8 offset=2 (local.get $at) (i32.add (i32.const 0x8b) (i32.and (local.get $bits) (i32.const 1))))
      (local.set $bits (i32.shr_u (local.get $bits) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 3)))
      (br_if $bit
        (i32.lt_u (local.get $at) (i32.add (i32.const 65560) (local.get $length)))))
    (i32.store8 (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (i32.const 65536))
    (i32.store (i32.const 24) (i32.add (local.get $length) (i32.const 24)))
    (i32.const 16))
)
