;; Rewrites to an escape sequence, a right-to-left override and some words.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16))))
  (data (i32.const 2048) "\1b[2J\e2\80\aesent as typed")
  (func $check (export "airlock:hook/gate@0.2.0#check") (param $in i32) (result i32)
    (i32.store8 (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (i32.const 2048))
    (i32.store (i32.const 24) (i32.const 20))
    (i32.const 16))
)
