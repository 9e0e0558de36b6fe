;; A component that asks for the time and for the network.
(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance))
  (import "send" (func (param "text" string)))
)
