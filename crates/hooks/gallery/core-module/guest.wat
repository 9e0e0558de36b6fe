;; A core module: what a component is made of, and not a hook.
(module
  (func (export "check"))
)
