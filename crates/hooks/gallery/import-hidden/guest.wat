;; The component imports nothing, but the module inside it does, from nobody.
(component
  (core module $m
    (import "env" "send" (func $send))
    (func (export "check") (result i32) (call $send) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $check (result bool) (canon lift (core func $i "check")))
  (instance (export "airlock:hook/gate@0.2.0") (export "check" (func $check)))
)
