//! Compiled code is closed, and what each rule forbids is found.

use super::*;
use crate::{il, interp};

const TEXT: &str = "il 0.3.0
extern @Viper.Terminal.PrintI64(i64) -> void
global i64 @shared = 1

func @twice(i64 %n) -> i64 {
entry:
  %double = iadd.ovf %n, %n
  ret %double
}

func @main() -> i64 {
entry:
  br ^loop(0)
loop(%i: i64):
  %double = call @twice(%i)
  call @Viper.Terminal.PrintI64(%double)
  %large = iadd.ovf %double, 123456789012345
  %next = iadd.ovf %i, 1
  %more = scmp_lt %next, 9
  cbr %more, ^loop(%next), ^choose
choose:
  switch.i32 7, ^done(%large), 1 -> ^done(1), 2 -> ^done(2)
done(%result: i64):
  ret %result
}

func @guarded(i64 %n, i64 %m) -> i64 {
entry:
  %at = alloca 8
  %f = addr_of @twice
  %double = call.indirect [i64(i64)] %f(%n)
  eh.push ^handler
  %sum = iadd.ovf %double, %m
  ret %sum
handler(%error: error, %token: resumetok):
  ret %m
}

func @either(i1 %which) -> i64 {
entry:
  cbr %which, ^one, ^two
one:
  br ^join(111)
two:
  br ^join(222)
join(%chosen: i64):
  %bit = zext1 %which
  %sum = add %chosen, %bit
  ret %sum
}
";

/// What the verifier says to the code of `TEXT` after a change to it.
fn objection(change: impl FnOnce(&mut CodeData)) -> String {
    let module = il::verify(il::parse(TEXT).expect("it parses")).expect("it verifies");
    let mut code = interp::compile(&module, TEXT).expect("it compiles").into_data();
    change(&mut code);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| verify(&code)));
    result.err().map_or_else(String::new, |payload| match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    })
}

fn find(code: &CodeData, is: impl Fn(&Op) -> bool) -> usize {
    code.ops.iter().skip(2).position(is).expect("the text has one") + 2
}

#[test]
fn compiled_code_is_closed() {
    assert_eq!(objection(|_| {}), "");
}

#[test]
fn a_register_outside_the_frame_is_found() {
    let said = objection(|code| {
        let at = find(code, |op| matches!(op, Op::Add { .. }));
        code.ops[at] = Op::Add { d: 0, a: 254, b: 0 };
    });
    assert!(said.starts_with("closed: register"), "{said}");
}

#[test]
fn a_jump_out_of_the_function_is_found() {
    for to in [i32::MIN, -100, 100, i32::MAX] {
        let said = objection(|code| {
            let at = find(code, |op| is_step(*op));
            code.ops[at] = Op::JmpBack { to };
        });
        assert!(said.starts_with("closed: target"), "{said}");
    }
}

#[test]
fn a_way_back_without_a_step_is_found() {
    let said = objection(|code| {
        let at = find(code, |op| is_step(*op));
        code.ops[at] = Op::Jmp { to: -1 };
    });
    assert!(said.starts_with("stepped"), "{said}");
}

#[test]
fn control_that_runs_off_the_end_is_found() {
    let said = objection(|code| {
        let last = code.ops.len() - 1;
        code.ops[last] = Op::Const { d: 0, k: 0 };
    });
    assert!(said.starts_with("closed: end"), "{said}");
}

#[test]
fn an_index_outside_its_table_is_found() {
    let tables: [fn(&mut CodeData); 4] = [
        |code| code.constants.clear(),
        |code| code.externs.clear(),
        |code| code.entry = 9,
        |code| {
            let at = find(code, |op| matches!(op, Op::Add { .. }));
            code.ops[at] = Op::LoadGlobal { d: 0, g: 1 };
        },
    ];
    for change in tables {
        let said = objection(change);
        assert!(said.starts_with("closed: "), "{said}");
    }
}

#[test]
fn what_the_first_frame_returns_to_is_looked_at() {
    let said = objection(|code| code.ops[0] = Op::Const { d: 0, k: 0 });
    assert!(said.starts_with("closed: ") && said.contains("cannot be returned to"), "{said}");
}

#[test]
fn a_site_that_leads_out_of_its_function_is_found() {
    let changes: [fn(&mut CodeData); 4] = [
        |code| code.sites[0].end = code.ops.len() as u32,
        |code| code.sites[0].start = 0,
        |code| code.sites[0].function += 1,
        |code| code.sites[0].result = Some(200),
    ];
    for change in changes {
        let said = objection(change);
        assert!(said.starts_with("closed: site"), "{said}");
    }
}

#[test]
fn a_call_through_a_pointer_without_a_signature_is_found() {
    let said = objection(|code| code.signatures.clear());
    assert!(said.starts_with("closed: signature"), "{said}");
}

#[test]
fn an_instruction_without_a_site_is_found() {
    let said = objection(|code| _ = code.site_of.pop());
    assert!(said.contains("closed: every instruction has a site"), "{said}");
}

#[test]
fn a_frame_or_a_mark_that_cannot_be_is_found() {
    type Change = fn(&mut CodeData);
    let changes: [(Change, &str); 3] = [
        (|code| code.functions[0].entry = 0, "closed: twice is empty"),
        (|code| code.functions[2].frame = 1, "closed: guarded's frame has no room"),
        (|code| code.functions[2].mark = Some(254), "closed: the mark is outside"),
    ];
    for (change, objects) in changes {
        let said = objection(change);
        assert!(said.starts_with(objects), "{said}");
    }
}

#[test]
fn a_switch_whose_row_leaves_its_function_is_found() {
    for beyond in [0, 1_000] {
        let said = objection(|code| {
            let at = find(code, |op| matches!(op, Op::Switch { .. }));
            let function = code.site(at as u32).function as usize;
            let end = code.functions[function + 1].entry as usize;
            if let Op::Switch { n, .. } = &mut code.ops[at] {
                *n = (end - (at + 1) + beyond) as u16;
            }
        });
        assert!(said.starts_with("closed: target"), "{beyond} beyond: {said}");
    }
}

#[test]
fn a_call_to_the_middle_of_a_function_is_found() {
    let said = objection(|code| {
        let at = find(code, |op| matches!(op, Op::Call { .. }));
        if let Op::Call { to, .. } = &mut code.ops[at] {
            *to += 1;
        }
    });
    assert!(said.starts_with("closed: callee"), "{said}");
}

#[test]
fn a_callee_with_a_larger_frame_than_its_call_says_is_found() {
    let said = objection(|code| code.functions[0].frame += 1);
    assert!(said.starts_with("closed: callee"), "{said}");
}

#[test]
fn a_window_that_reaches_out_of_the_frame_is_found() {
    let said = objection(|code| {
        let at = find(code, |op| matches!(op, Op::CallExtern { .. }));
        if let Op::CallExtern { n, .. } = &mut code.ops[at] {
            *n = 200;
        }
    });
    assert!(said.starts_with("closed: window"), "{said}");
}

#[test]
fn a_window_without_a_link_or_above_the_frame_is_found() {
    for window in [0, 254] {
        let said = objection(|code| {
            let at = find(code, |op| matches!(op, Op::Call { .. }));
            if let Op::Call { w, .. } = &mut code.ops[at] {
                *w = window;
            }
        });
        assert!(said.starts_with("closed: window"), "{said}");
    }
}

#[test]
fn a_call_of_the_host_with_fewer_words_than_its_arguments_is_found() {
    let said = objection(|code| {
        let at = find(code, |op| matches!(op, Op::CallExtern { .. }));
        if let Op::CallExtern { n, .. } = &mut code.ops[at] {
            *n = 0;
        }
    });
    assert!(said.starts_with("closed: arguments"), "{said}");
}

#[test]
fn an_argument_that_nobody_wrote_is_found() {
    let said = objection(|code| {
        let at = find(code, |op| matches!(op, Op::Call { .. }));
        code.ops[at - 1] = Op::Mov { d: 0, a: 0 };
    });
    assert!(said.starts_with("initialised"), "{said}");
}

#[test]
fn what_only_one_of_two_ways_writes_is_not_written() {
    for only in [111, 222] {
        let said = objection(|code| {
            let at = find(code, |op| matches!(op, Op::Const { k, .. } if *k == only));
            let Op::Const { d, k } = code.ops[at] else { unreachable!("a literal") };
            code.ops[at] = Op::Const { d: d + 1, k };
        });
        assert!(said.starts_with("initialised"), "{said}");
    }
}

#[test]
fn a_handler_that_reads_the_window_of_a_call_is_found() {
    let said = objection(|code| {
        let call = find(code, |op| matches!(op, Op::CallIndirect { .. }));
        let guard = find(code, |op| matches!(op, Op::Guard { .. }));
        let (Op::CallIndirect { w, .. }, Op::Guard { to, .. }) = (code.ops[call], code.ops[guard])
        else {
            unreachable!("they were looked for")
        };
        let handler = (guard as i64 + 1 + i64::from(to)) as usize;
        code.ops[handler] = Op::Mov { d: 0, a: w };
    });
    assert!(said.starts_with("initialised"), "{said}");
}

#[test]
fn a_register_that_is_read_before_it_is_written_is_found() {
    let said = objection(|code| {
        let function = &code.functions[1];
        let (entry, unused) = (function.entry as usize, function.frame - 1);
        code.ops[entry] = Op::Mov { d: 0, a: unused };
    });
    assert!(said.starts_with("initialised"), "{said}");
}

#[test]
fn a_link_slot_that_is_read_is_found() {
    let said = objection(|code| {
        let at = find(code, |op| matches!(op, Op::Call { .. }));
        let Op::Call { w, .. } = code.ops[at] else { unreachable!("a call") };
        code.ops[at + 1] = Op::Mov { d: 0, a: w - 1 };
    });
    assert!(said.starts_with("initialised"), "{said}");
}

#[test]
fn a_link_slot_that_was_written_before_the_call_and_is_read_after_it_is_found() {
    let said = objection(|code| {
        let alloca = find(code, |op| matches!(op, Op::Alloca { .. }));
        let call = find(code, |op| matches!(op, Op::CallIndirect { .. }));
        let Op::CallIndirect { w, .. } = code.ops[call] else { unreachable!("a call") };
        let guard = find(code, |op| matches!(op, Op::Guard { .. }));
        code.ops[alloca] = Op::Const { d: w - 1, k: 0 };
        code.ops[guard] = Op::Mov { d: 0, a: w - 1 };
    });
    assert!(said.starts_with("initialised"), "{said}");
}
