(module
  (global $counter (mut i64) (i64.const 0))
  (func (export "run") (param $n i64) (result i64)
    (local $i i64)
    (global.set $counter (i64.const 0))
    (loop $next
      (global.set $counter (i64.add (global.get $counter) (i64.const 1)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (global.get $counter)))
