(module
  (func (export "run") (param $n i64) (result i64)
    (local $sum i64) (local $i i64)
    (if (i64.le_s (local.get $n) (i64.const 0))
      (then (return (i64.const 0))))
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (local.get $i)))
      (if (i64.gt_s (local.get $sum) (i64.const 1000000000))
        (then (local.set $sum (i64.sub (local.get $sum) (i64.const 1000000000)))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $sum)))
