;; The right name and the wrong type: this check takes nothing and answers yes or no.
(component
  (core module $m (func (export "check") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $check (result bool) (canon lift (core func $i "check")))
  (instance (export "airlock:hook/gate@0.2.0") (export "check" (func $check)))
)
