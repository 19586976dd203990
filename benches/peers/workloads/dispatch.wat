(module
  ;; The program is at 0: a number and an operand, 8 bytes each, per instruction.
  (memory 1)
  (func $put (param $at i32) (param $number i64) (param $operand i64)
    (i64.store (local.get $at) (local.get $number))
    (i64.store offset=8 (local.get $at) (local.get $operand)))

  (func (export "run") (param $n i64) (result i64)
    (local $ip i32) (local $at i32) (local $sum i64)
    (call $put (i32.const 0) (i64.const 1) (i64.const 31))
    (call $put (i32.const 16) (i64.const 3) (i64.const 0))
    (call $put (i32.const 32) (i64.const 4) (i64.const 0))
    (call $put (i32.const 48) (i64.const 0) (i64.const 7))
    (call $put (i32.const 64) (i64.const 2) (i64.const 65521))
    (call $put (i32.const 80) (i64.const 0) (i64.const 3))
    (call $put (i32.const 96) (i64.const 5) (i64.const 0))
    (call $put (i32.const 112) (i64.const 6) (i64.const 0))
    (call $put (i32.const 128) (i64.const 7) (i64.const 0))
    (loop $fetch
      (local.set $at (local.get $ip))
      (local.set $ip (i32.add (local.get $ip) (i32.const 16)))
      (block $halt
        (block $repeat
          (block $count_down
            (block $double
              (block $add_counter
                (block $remainder
                  (block $multiply
                    (block $add
                      (br_table
                        $add $multiply $remainder $add_counter $double $count_down $repeat $halt
                        (i32.load (local.get $at))))
                    (local.set $sum
                      (i64.add (local.get $sum) (i64.load offset=8 (local.get $at))))
                    (br $fetch))
                  (local.set $sum
                    (i64.mul (local.get $sum) (i64.load offset=8 (local.get $at))))
                  (br $fetch))
                (local.set $sum
                  (i64.rem_s (local.get $sum) (i64.load offset=8 (local.get $at))))
                (br $fetch))
              (local.set $sum (i64.add (local.get $sum) (local.get $n)))
              (br $fetch))
            (local.set $sum (i64.add (local.get $sum) (local.get $sum)))
            (br $fetch))
          (local.set $n (i64.sub (local.get $n) (i64.const 1)))
          (br $fetch))
        (br_if $fetch (i64.eqz (local.get $n)))
        (local.set $ip (i32.shl (i32.load offset=8 (local.get $at)) (i32.const 3)))
        (br $fetch)))
    (local.get $sum)))
