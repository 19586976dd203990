(module
  ;; The text is at 0, 8 bytes for each of its 1,024.
  (memory 1)
  (func (export "run") (param $n i64) (result i64)
    (local $at i32) (local $i i64) (local $hash i64)
    (loop $fill
      (i64.store (local.get $at)
        (i64.and
          (i64.add (i64.mul (local.get $i) (i64.const 31)) (i64.const 7))
          (i64.const 255)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $fill (i32.lt_u (local.get $at) (i32.const 8192))))
    (local.set $hash (i64.const 0xcbf29ce484222325))
    (loop $read
      (local.set $at (i32.const 0))
      (loop $byte
        (local.set $hash
          (i64.mul
            (i64.xor (local.get $hash) (i64.load (local.get $at)))
            (i64.const 1099511628211)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $byte (i32.lt_u (local.get $at) (i32.const 8192))))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $read (i64.gt_s (local.get $n) (i64.const 0))))
    (local.get $hash)))
