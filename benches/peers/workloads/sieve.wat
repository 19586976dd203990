(module
  ;; The flag of number i is the 8 bytes at 8 i.
  (memory 3)
  (func (export "run") (param $n i64) (result i64)
    (local $primes i64) (local $p i32) (local $m i32)
    (loop $sieve
      (local.set $p (i32.const 2))
      (loop $set
        (i64.store (i32.shl (local.get $p) (i32.const 3)) (i64.const 1))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if $set (i32.le_s (local.get $p) (i32.const 16384))))
      (local.set $primes (i64.const 0))
      (local.set $p (i32.const 2))
      (loop $look
        (block $looked
          (br_if $looked (i64.eqz (i64.load (i32.shl (local.get $p) (i32.const 3)))))
          (local.set $primes (i64.add (local.get $primes) (i64.const 1)))
          (local.set $m (i32.add (local.get $p) (local.get $p)))
          (br_if $looked (i32.gt_s (local.get $m) (i32.const 16384)))
          (loop $clear
            (i64.store (i32.shl (local.get $m) (i32.const 3)) (i64.const 0))
            (local.set $m (i32.add (local.get $m) (local.get $p)))
            (br_if $clear (i32.le_s (local.get $m) (i32.const 16384)))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if $look (i32.le_s (local.get $p) (i32.const 16384))))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $sieve (i64.gt_s (local.get $n) (i64.const 0))))
    (local.get $primes)))
