;; Warns with the code 9, which its manifest does not declare.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16))))
  (func $check (export "airlock:hook/gate@0.2.0#check") (param $in i32) (result i32)
    (i32.store8 (i32.const 16) (i32.const 2))
    (i32.store8 (i32.const 20) (i32.const 9))
    (i32.const 16))
)
