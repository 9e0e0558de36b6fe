;; Adds one to the first digit of the text, where it stands.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16))))
  (func $check (export "airlock:hook/gate@0.2.0#check") (param $in i32) (result i32)
    (local $at i32) (local $end i32) (local $byte i32)
    (local.set $at (i32.load offset=4 (local.get $in)))
    (local.set $end (i32.add (local.get $at) (i32.load offset=8 (local.get $in))))
    (block $done
      (loop $next_byte
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
        (if (i32.lt_u (local.get $byte) (i32.const 10))
          (then
            (i32.store8 (local.get $at)
              (i32.add (i32.const 48) (i32.rem_u (i32.add (local.get $byte) (i32.const 1)) (i32.const 10))))
            (i32.store8 (i32.const 16) (i32.const 1))
            (i32.store (i32.const 20) (i32.load offset=4 (local.get $in)))
            (i32.store (i32.const 24) (i32.load offset=8 (local.get $in)))
            (br $done)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next_byte)))
    (i32.const 16))
)
