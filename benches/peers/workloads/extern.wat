(module
  (import "host" "add" (func $add (param i64 i64) (result i64)))
  (func (export "run") (param $n i64) (result i64)
    (local $sum i64) (local $i i64)
    (loop $next
      (local.set $sum (call $add (local.get $sum) (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $sum)))
