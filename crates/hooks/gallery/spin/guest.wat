;; Never comes back.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16))))
  (func $check (export "airlock:hook/gate@0.2.0#check") (param $in i32) (result i32)
    (loop (br 0))
    (unreachable))
)
