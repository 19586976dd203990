(module
  ;; The factors are at 0 and at 80000, the product is at 160000.
  (memory 4)
  (func $fill (param $at i32) (param $period i32) (param $scale f64)
    (local $i i32)
    (loop $next
      (f64.store (local.get $at)
        (f64.mul
          (f64.convert_i32_s (i32.rem_s (local.get $i) (local.get $period)))
          (local.get $scale)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_s (local.get $i) (i32.const 10000)))))

  (func (export "run") (param $n i64) (result i64)
    (local $row i32) (local $column i32) (local $k i32)
    (local $sum f64) (local $at_a i32) (local $at_b i32)
    (call $fill (i32.const 0) (i32.const 7) (f64.const 0.5))
    (call $fill (i32.const 80000) (i32.const 5) (f64.const 0.25))
    (loop $product
      (local.set $row (i32.const 0))
      (loop $next_row
        (local.set $column (i32.const 0))
        (loop $next_column
          (local.set $sum (f64.const 0))
          (local.set $at_a (i32.mul (local.get $row) (i32.const 800)))
          (local.set $at_b (i32.shl (local.get $column) (i32.const 3)))
          (local.set $k (i32.const 0))
          (loop $add
            (local.set $sum
              (f64.add
                (local.get $sum)
                (f64.mul
                  (f64.load (local.get $at_a))
                  (f64.load offset=80000 (local.get $at_b)))))
            (local.set $at_a (i32.add (local.get $at_a) (i32.const 8)))
            (local.set $at_b (i32.add (local.get $at_b) (i32.const 800)))
            (local.set $k (i32.add (local.get $k) (i32.const 1)))
            (br_if $add (i32.lt_s (local.get $k) (i32.const 100))))
          (f64.store offset=160000
            (i32.add
              (i32.mul (local.get $row) (i32.const 800))
              (i32.shl (local.get $column) (i32.const 3)))
            (local.get $sum))
          (local.set $column (i32.add (local.get $column) (i32.const 1)))
          (br_if $next_column (i32.lt_s (local.get $column) (i32.const 100))))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br_if $next_row (i32.lt_s (local.get $row) (i32.const 100))))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $product (i64.gt_s (local.get $n) (i64.const 0))))
    (i64.trunc_f64_s
      (f64.mul
        (f64.add
          (f64.load offset=239992 (i32.const 0))
          (f64.load offset=160136 (i32.const 0)))
        (f64.const 8)))))
