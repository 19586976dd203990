(module
  ;; Five bodies of 56 bytes (position, velocity, mass) are at 0, the distances of the ten pairs at 280.
  (memory 1)
  (func $put
    (param $at i32)
    (param $x f64) (param $y f64) (param $z f64)
    (param $vx f64) (param $vy f64) (param $vz f64)
    (param $m f64)
    (f64.store (local.get $at) (local.get $x))
    (f64.store offset=8 (local.get $at) (local.get $y))
    (f64.store offset=16 (local.get $at) (local.get $z))
    (f64.store offset=24 (local.get $at) (local.get $vx))
    (f64.store offset=32 (local.get $at) (local.get $vy))
    (f64.store offset=40 (local.get $at) (local.get $vz))
    (f64.store offset=48 (local.get $at) (local.get $m)))

  (func $step
    (local $p i32) (local $q i32) (local $pair i32)
    (local $x f64) (local $y f64) (local $z f64)
    (local $vx f64) (local $vy f64) (local $vz f64) (local $m f64)
    (local $dx f64) (local $dy f64) (local $dz f64)
    (local $d2 f64) (local $distance f64) (local $pull f64) (local $pull_of f64)
    (local.set $pair (i32.const 280))
    (block $paired
      (loop $body
        (local.set $x (f64.load (local.get $p)))
        (local.set $y (f64.load offset=8 (local.get $p)))
        (local.set $z (f64.load offset=16 (local.get $p)))
        (local.set $vx (f64.load offset=24 (local.get $p)))
        (local.set $vy (f64.load offset=32 (local.get $p)))
        (local.set $vz (f64.load offset=40 (local.get $p)))
        (local.set $m (f64.load offset=48 (local.get $p)))
        (local.set $q (i32.add (local.get $p) (i32.const 56)))
        (br_if $paired (i32.ge_u (local.get $q) (i32.const 280)))
        (loop $next_pair
          (local.set $dx (f64.sub (local.get $x) (f64.load (local.get $q))))
          (local.set $dy (f64.sub (local.get $y) (f64.load offset=8 (local.get $q))))
          (local.set $dz (f64.sub (local.get $z) (f64.load offset=16 (local.get $q))))
          (local.set $d2
            (f64.add
              (f64.add
                (f64.mul (local.get $dx) (local.get $dx))
                (f64.mul (local.get $dy) (local.get $dy)))
              (f64.mul (local.get $dz) (local.get $dz))))
          (local.set $distance (f64.load (local.get $pair)))
          (local.set $distance
            (f64.mul
              (f64.add
                (local.get $distance)
                (f64.div (local.get $d2) (local.get $distance)))
              (f64.const 0.5)))
          (f64.store (local.get $pair) (local.get $distance))
          (local.set $pull
            (f64.div (f64.const 0.01) (f64.mul (local.get $d2) (local.get $distance))))
          (local.set $pull_of (f64.mul (f64.load offset=48 (local.get $q)) (local.get $pull)))
          (local.set $vx
            (f64.sub (local.get $vx) (f64.mul (local.get $dx) (local.get $pull_of))))
          (local.set $vy
            (f64.sub (local.get $vy) (f64.mul (local.get $dy) (local.get $pull_of))))
          (local.set $vz
            (f64.sub (local.get $vz) (f64.mul (local.get $dz) (local.get $pull_of))))
          (local.set $pull_of (f64.mul (local.get $m) (local.get $pull)))
          (f64.store offset=24 (local.get $q)
            (f64.add
              (f64.load offset=24 (local.get $q))
              (f64.mul (local.get $dx) (local.get $pull_of))))
          (f64.store offset=32 (local.get $q)
            (f64.add
              (f64.load offset=32 (local.get $q))
              (f64.mul (local.get $dy) (local.get $pull_of))))
          (f64.store offset=40 (local.get $q)
            (f64.add
              (f64.load offset=40 (local.get $q))
              (f64.mul (local.get $dz) (local.get $pull_of))))
          (local.set $pair (i32.add (local.get $pair) (i32.const 8)))
          (local.set $q (i32.add (local.get $q) (i32.const 56)))
          (br_if $next_pair (i32.lt_u (local.get $q) (i32.const 280))))
        (f64.store offset=24 (local.get $p) (local.get $vx))
        (f64.store offset=32 (local.get $p) (local.get $vy))
        (f64.store offset=40 (local.get $p) (local.get $vz))
        (local.set $p (i32.add (local.get $p) (i32.const 56)))
        (br $body)))
    (local.set $p (i32.const 0))
    (loop $move
      (f64.store (local.get $p)
        (f64.add
          (f64.load (local.get $p))
          (f64.mul (f64.load offset=24 (local.get $p)) (f64.const 0.01))))
      (f64.store offset=8 (local.get $p)
        (f64.add
          (f64.load offset=8 (local.get $p))
          (f64.mul (f64.load offset=32 (local.get $p)) (f64.const 0.01))))
      (f64.store offset=16 (local.get $p)
        (f64.add
          (f64.load offset=16 (local.get $p))
          (f64.mul (f64.load offset=40 (local.get $p)) (f64.const 0.01))))
      (local.set $p (i32.add (local.get $p) (i32.const 56)))
      (br_if $move (i32.lt_u (local.get $p) (i32.const 280)))))

  (func (export "run") (param $n i64) (result i64)
    (local $at i32) (local $sum f64)
    (call $put (i32.const 0)
      (f64.const 0) (f64.const 0) (f64.const 0)
      (f64.const 0) (f64.const 0) (f64.const 0) (f64.const 39.478))
    (call $put (i32.const 56)
      (f64.const 4.84) (f64.const -1.16) (f64.const -0.1)
      (f64.const 0.61) (f64.const 2.81) (f64.const -0.03) (f64.const 0.0377))
    (call $put (i32.const 112)
      (f64.const 8.34) (f64.const 4.12) (f64.const -0.4)
      (f64.const -1.01) (f64.const 1.82) (f64.const 0.01) (f64.const 0.0113))
    (call $put (i32.const 168)
      (f64.const 12.89) (f64.const -15.11) (f64.const -0.22)
      (f64.const 1.08) (f64.const 0.87) (f64.const -0.01) (f64.const 0.0017))
    (call $put (i32.const 224)
      (f64.const 15.38) (f64.const -25.92) (f64.const 0.18)
      (f64.const 0.98) (f64.const 0.59) (f64.const -0.03) (f64.const 0.002))
    (local.set $at (i32.const 280))
    (loop $begin
      (f64.store (local.get $at) (f64.const 10))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $begin (i32.lt_u (local.get $at) (i32.const 360))))
    (loop $next
      (call $step)
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $next (i64.gt_s (local.get $n) (i64.const 0))))
    (local.set $at (i32.const 0))
    (loop $total
      (local.set $sum
        (f64.add
          (f64.add
            (f64.add (local.get $sum) (f64.load (local.get $at)))
            (f64.load offset=8 (local.get $at)))
          (f64.load offset=16 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 56)))
      (br_if $total (i32.lt_u (local.get $at) (i32.const 280))))
    (i64.trunc_f64_s (f64.mul (local.get $sum) (f64.const 1000000000)))))
