;; Drops the second half of the text, and has not said that it rewrites.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16))))
  (func $check (export "airlock:hook/gate@0.2.0#check") (param $in i32) (result i32)
    (i32.store8 (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (i32.load offset=4 (local.get $in)))
    (i32.store (i32.const 24) (i32.shr_u (i32.load offset=8 (local.get $in)) (i32.const 1)))
    (i32.const 16))
)
