(module
  ;; A node has its children in the 4 bytes at 0 and at 4; address 0 is null. The heap grows from 8.
  (memory 1)
  (global $heap (mut i32) (i32.const 8))
  (global $free (mut i32) (i32.const 0))

  (func $take (result i32)
    (local $node i32)
    (local.set $node (global.get $heap))
    (global.set $heap (i32.add (local.get $node) (i32.const 8)))
    (local.get $node))

  (func $build (param $depth i64) (result i32)
    (local $node i32)
    (local.set $node (global.get $free))
    (if (local.get $node)
      (then (global.set $free (i32.load (local.get $node))))
      (else (local.set $node (call $take))))
    (if (i64.eqz (local.get $depth))
      (then
        (i32.store (local.get $node) (i32.const 0))
        (i32.store offset=4 (local.get $node) (i32.const 0)))
      (else
        (local.set $depth (i64.sub (local.get $depth) (i64.const 1)))
        (i32.store (local.get $node) (call $build (local.get $depth)))
        (i32.store offset=4 (local.get $node) (call $build (local.get $depth)))))
    (local.get $node))

  (func $count (param $node i32) (result i64)
    (local $left i32) (local $nodes i64)
    (local.set $nodes (i64.const 1))
    (local.set $left (i32.load (local.get $node)))
    (if (local.get $left)
      (then
        (local.set $nodes
          (i64.add
            (i64.add
              (call $count (local.get $left))
              (call $count (i32.load offset=4 (local.get $node))))
            (i64.const 1)))))
    (i32.store (local.get $node) (global.get $free))
    (global.set $free (local.get $node))
    (local.get $nodes))

  (func (export "run") (param $n i64) (result i64)
    (local $sum i64)
    (loop $tree
      (local.set $sum (i64.add (local.get $sum) (call $count (call $build (i64.const 8)))))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $tree (i64.gt_s (local.get $n) (i64.const 0))))
    (local.get $sum)))
