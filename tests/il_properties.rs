//! Properties of the IL's text form over arbitrary modules and arbitrary texts.
#![cfg(feature = "cli")]

use std::collections::HashSet;

use drawloom::il::resolved::{self, Source};
use drawloom::il::{
    BinaryOp, Binding, Block, Diagnostic, Extern, Function, Global, Init, Instruction, Loc,
    MemoryOrder, Module, Op, Operand, Param, RmwOp, Signature, Span, Target, Type, UnaryOp, Value,
    Version, parse, verify,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// A valid module with something of everything, to be mutilated.
const VALID: &str = r#"il 0.3.0
target "x86_64"
extern @Viper.Terminal.PrintI64(i64) -> void [nothrow]
global const str @.msg = "hi\n\x41é" # comment
global f64 @half = 0.5
func @sum(i64 %n) -> i64 {
entry(%n0: i64):
  br ^loop(0, 0)
loop(%i: i64, %acc: i64):
  .loc 1 2 3
  %done = scmp_ge %i, %n0
  cbr %done, exit(%acc), body
body:
  %acc2 = iadd.ovf %acc, %i
  %i2 = iadd.ovf %i, 0x1
  br loop(%i2, %acc2)
exit(%r: i64):
  switch.i32 1, ^last, 1 -> ^last, -2 -> ^last
last:
  ret %r
}
func export @main() -> i64 {
entry:
  eh.push ^handler
  %p = alloca 8
  %old = atomic.cas i64, %p, 0, 1, acq_rel, acquire
  %r = call.indirect [i64(i64)] @sum(10)
  call @Viper.Terminal.PrintI64(%r)
  eh.pop
  ret 0
handler(%e: error, %t: resumetok):
  eh.entry
  resume.next %t
}
"#;

/// Names with every character that a name may have, keywords and numbers among them.
fn name() -> impl Strategy<Value = String> {
    const KEYWORDS: [&str; 11] =
        ["label", "handler", "func", "il", "ret", ".loc", "true", "null", "0", "-", "..."];
    prop_oneof![
        4 => "[A-Za-z_.$0-9-]{1,6}".prop_map(String::from),
        1 => select(&KEYWORDS[..]).prop_map(str::to_owned),
    ]
}

fn ty() -> impl Strategy<Value = Type> {
    select(Type::ALL)
}

/// Every float but NaN, which equals nothing.
fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("NaN", |value| !value.is_nan()),
        select(&[0.0, -0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, 1e16, 1e-7][..]),
    ]
}

fn order() -> impl Strategy<Value = MemoryOrder> {
    select(MemoryOrder::ALL)
}

fn operand() -> impl Strategy<Value = Operand> {
    let value = prop_oneof![
        name().prop_map(Value::Temp),
        any::<i64>().prop_map(Value::Int),
        float().prop_map(Value::Float),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        name().prop_map(Value::Function),
    ];
    value.prop_map(|value| Operand { value, span: Span::default() })
}

fn operands() -> impl Strategy<Value = Vec<Operand>> {
    vec(operand(), 0..4)
}

fn target() -> impl Strategy<Value = Target> {
    (name(), operands()).prop_map(|(label, args)| Target { label, args, span: Span::default() })
}

fn signature() -> impl Strategy<Value = Signature> {
    (vec(ty(), 0..4), ty()).prop_map(|(params, result)| Signature { params, result })
}

fn attributes() -> impl Strategy<Value = Vec<String>> {
    vec(select(&["nothrow", "readonly", "pure"][..]).prop_map(str::to_owned), 0..3)
}

fn rmw_op() -> impl Strategy<Value = RmwOp> {
    select(RmwOp::ALL)
}

fn value_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (select(UnaryOp::ALL), operand()).prop_map(|(op, operand)| Op::Unary { op, operand }),
        (select(BinaryOp::ALL), operand(), operand()).prop_map(|(op, left, right)| Op::Binary {
            op,
            left,
            right
        }),
        (ty(), operand(), operand(), operand()).prop_map(|(ty, condition, if_true, if_false)| {
            Op::Select { ty, condition, if_true, if_false }
        }),
        (operand(), operand(), operand()).prop_map(|(index, low, high)| Op::IdxChk {
            index,
            low,
            high
        }),
        operand().prop_map(|bytes| Op::Alloca { bytes }),
        (ty(), operand()).prop_map(|(ty, pointer)| Op::Load { ty, pointer }),
        (ty(), operand(), operand()).prop_map(|(ty, pointer, value)| Op::Store {
            ty,
            pointer,
            value
        }),
        (operand(), operand()).prop_map(|(pointer, bytes)| Op::Gep { pointer, bytes }),
        name().prop_map(|global| Op::GlobalAddress { global }),
        name().prop_map(|function| Op::FunctionAddress { function }),
        name().prop_map(|global| Op::ConstStr { global }),
        Just(Op::ConstNull {}),
        float().prop_map(|value| Op::ConstF64 { value }),
        (name(), operands(), attributes()).prop_map(|(callee, args, attributes)| Op::Call {
            callee,
            args,
            attributes
        }),
        (option::of(signature()), operand(), operands())
            .prop_map(|(signature, callee, args)| Op::CallIndirect { signature, callee, args }),
    ]
}

fn atomic_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (ty(), operand(), order()).prop_map(|(ty, pointer, order)| Op::AtomicLoad {
            ty,
            pointer,
            order
        }),
        (ty(), operand(), operand(), order()).prop_map(|(ty, pointer, value, order)| {
            Op::AtomicStore { ty, pointer, value, order }
        }),
        (rmw_op(), ty(), operand(), operand(), order()).prop_map(
            |(op, ty, pointer, value, order)| Op::AtomicRmw { op, ty, pointer, value, order }
        ),
        (ty(), operand(), operand(), operand(), order(), order()).prop_map(
            |(ty, pointer, expected, desired, success, failure)| Op::AtomicCas {
                ty,
                pointer,
                expected,
                desired,
                success,
                failure
            }
        ),
        order().prop_map(|order| Op::Fence { order }),
    ]
}

fn control_op() -> impl Strategy<Value = Op> {
    let case = (any::<i32>(), target());
    prop_oneof![
        target().prop_map(|target| Op::Br { target }),
        (operand(), target(), target()).prop_map(|(condition, if_true, if_false)| Op::CBr {
            condition,
            if_true,
            if_false
        }),
        (operand(), target(), vec(case, 0..3)).prop_map(|(scrutinee, default, cases)| Op::Switch {
            scrutinee,
            default,
            cases
        }),
        option::of(operand()).prop_map(|value| Op::Ret { value }),
        select(vec![Op::Trap {}, Op::EhPop {}, Op::EhEntry {}]),
        (ty(), operand()).prop_map(|(ty, code)| Op::TrapFromErr { ty, code }),
        (operand(), operand()).prop_map(|(kind, message)| Op::TrapErr { kind, message }),
        option::of(operand()).prop_map(|error| Op::TrapKind { error }),
        target().prop_map(|handler| Op::EhPush { handler }),
        operand().prop_map(|token| Op::ResumeSame { token }),
        operand().prop_map(|token| Op::ResumeNext { token }),
        (operand(), target()).prop_map(|(token, target)| Op::ResumeLabel { token, target }),
    ]
}

fn instruction() -> impl Strategy<Value = Instruction> {
    let binding = (name(), option::of(ty())).prop_map(|(name, ty)| Binding {
        name,
        ty,
        span: Span::default(),
    });
    let loc = (any::<u32>(), 1..=u32::MAX, any::<u32>()).prop_map(|(file, line, column)| Loc {
        file,
        line,
        column,
    });
    let op = prop_oneof![value_op(), atomic_op(), control_op()];
    (option::of(binding), op, option::of(loc)).prop_map(|(result, op, loc)| Instruction {
        result,
        op,
        span: Span::default(),
        loc,
    })
}

fn params() -> impl Strategy<Value = Vec<Param>> {
    vec((name(), ty()).prop_map(|(name, ty)| Param { name, ty, span: Span::default() }), 0..3)
}

fn function() -> impl Strategy<Value = Function> {
    let block =
        (name(), params(), vec(instruction(), 0..5)).prop_map(|(label, params, instructions)| {
            Block { label, params, instructions, span: Span::default() }
        });
    (name(), params(), ty(), any::<bool>(), vec(block, 0..4)).prop_map(
        |(name, params, result, exported, blocks)| Function {
            name,
            params,
            result,
            exported,
            blocks,
            span: Span::default(),
        },
    )
}

/// What the text can say: an integer after `f64` reads as a float, so there is none here.
fn global() -> impl Strategy<Value = Global> {
    let init = prop_oneof![
        Just(Init::Zero),
        any::<i64>().prop_map(Init::Int),
        float().prop_map(Init::Float),
        any::<String>().prop_map(Init::Str),
    ];
    let global = (name(), any::<bool>(), ty(), init).prop_map(|(name, constant, ty, init)| {
        Global { name, constant, ty, init, span: Span::default() }
    });
    global
        .prop_filter("reads as a float", |g| !(g.ty == Type::F64 && matches!(g.init, Init::Int(_))))
}

fn module() -> impl Strategy<Value = Module> {
    let version = (1..=3_u32, option::of(any::<u32>())).prop_map(|(minor, patch)| Version {
        major: 0,
        minor,
        patch,
    });
    let declared = (name(), signature()).prop_map(|(name, signature)| Extern {
        name,
        signature,
        span: Span::default(),
    });
    let declarations = (vec(declared, 0..3), vec(global(), 0..3), vec(function(), 0..3));
    (version, option::of(any::<String>()), declarations).prop_map(
        |(version, target, (externs, globals, functions))| Module {
            version,
            target,
            externs,
            globals,
            functions,
        },
    )
}

/// Findings, if any, of both stages; checks what must hold of all findings.
fn findings(text: &str) -> Vec<Diagnostic> {
    let findings = parse(text).and_then(verify).err().unwrap_or_default();
    for finding in &findings {
        let related = finding.related.iter().map(|(span, _)| *span);
        for span in related.chain([finding.span]) {
            assert!(text.get(span.range()).is_some(), "{finding:?} is not inside the text");
        }
        assert!(finding.message.len() < 500, "{finding:?}");
        assert!(!finding.message.contains('\n'), "{finding:?}");
    }
    findings
}

/// The promises of `resolved` but one: that definitions come before uses is `il_dominance`'s claim.
fn assert_invariants(function: &resolved::Function) {
    let entry = &function.blocks[0];
    let mut defined = HashSet::new();
    let mut instructions_seen = 0;
    for block in &function.blocks {
        let results = block.instructions.iter().filter_map(|instruction| instruction.result);
        for value in block.params.iter().copied().chain(results) {
            assert!(value.index() < function.values.len());
            assert!(defined.insert(value), "{value:?} has two definitions");
        }
        instructions_seen += block.instructions.len();
    }
    assert!(instructions_seen > 0);
    assert_eq!(defined.len(), function.values.len());
    assert_eq!(entry.params.len(), function.signature.params.len());
}

proptest! {
    #[test]
    fn a_printed_module_parses_to_an_equal_one(module in module()) {
        let text = module.to_string();
        match parse(&text) {
            Ok(read) => prop_assert_eq!(read, module, "{}", text),
            Err(findings) => prop_assert!(false, "{:?}\n{}", findings, text),
        }
    }

    #[test]
    fn the_verifier_returns_for_every_module(module in module()) {
        let _ = verify(module);
    }

    #[test]
    fn arbitrary_text_gives_findings_inside_it(text in any::<String>()) {
        prop_assert!(!findings(&text).is_empty());
    }

    #[test]
    fn text_of_tokens_gives_findings_inside_it(
        words in vec(select(&[
            "il 0.3.0\n", "func ", "@f", "(", ")", " -> ", "i64 ", "{\n", "}\n", "entry", ":", "\n",
            "%x", " = ", "iadd.ovf ", ", ", "1", "br ", "^", "loop", "\"", "\\", "é", "[", "]", "call ",
            ".loc ", "global ", "extern ", "switch.i32 ", "cbr ", "eh.push ", "#", "//", "0x", "-", "+",
        ][..]), 0..60)
    ) {
        findings(&words.concat());
    }

    #[test]
    fn mutilated_text_gives_findings_inside_it(
        cuts in vec((0..VALID.len(), 0..40_usize, ".{0,3}"), 1..6)
    ) {
        let mut text: Vec<char> = VALID.chars().collect();
        for (at, length, insert) in cuts {
            let start = at.min(text.len());
            let end = (start + length / 4).min(text.len());
            text.splice(start..end, insert.chars());
        }
        let text: String = text.into_iter().collect();
        findings(&text);
        if let Ok(verified) = parse(&text).and_then(verify) {
            verified.functions().iter().for_each(assert_invariants);
            prop_assert_eq!(parse(&verified.to_string()).unwrap(), verified.into_module());
        }
    }

    /// Lines of a valid text in another order: mostly wrong in ways that only the verifier sees.
    #[test]
    fn text_with_lines_moved_gives_findings_inside_it(
        moves in vec((0_usize..37, 0_usize..37), 1..4)
    ) {
        let mut lines: Vec<&str> = VALID.lines().collect();
        for (from, to) in moves {
            let (from, to) = (from % lines.len(), to % lines.len());
            let line = lines.remove(from);
            lines.insert(to, line);
        }
        let text = lines.join("\n");
        findings(&text);
        if let Ok(verified) = parse(&text).and_then(verify) {
            verified.functions().iter().for_each(assert_invariants);
        }
    }
}

#[test]
fn the_text_that_is_mutilated_is_valid() {
    assert_eq!(findings(VALID), []);
    let verified = parse(VALID).and_then(verify).expect("it has no findings");
    verified.functions().iter().for_each(assert_invariants);
    let sources = verified.functions()[0].blocks[1].instructions.iter().map(|i| &i.op);
    let resolved::Op::Binary { right, .. } = sources.into_iter().next().expect("not empty") else {
        panic!("the loop begins with a comparison")
    };
    assert!(matches!(right.source, Source::Value(value) if value.index() == 0));
}

#[test]
fn a_line_of_a_megabyte_and_deep_nesting_give_findings_not_panics() {
    let header = "il 0.3.0\nfunc @f() -> void {\nentry:\n";
    for (open, close) in [("call @f(", ")"), ("((((", ""), ("[", "]"), ("{", "}"), ("%", "x")] {
        let text = format!("{header}{}{}\n", open.repeat(250_000), close.repeat(250_000));
        assert!(!findings(&text).is_empty());
    }
    let args = vec!["1"; 500_000].join(", ");
    assert!(!findings(&format!("{header}  call @f({args})\n  ret\n}}\n")).is_empty());
    let blocks: Vec<_> = (0..100_000).map(|i| format!("b{i}:\n  br b{}\n", i + 1)).collect();
    let blocks = blocks.concat();
    assert_eq!(findings(&format!("{header}  br b0\n{blocks}b100000:\n  ret\n}}\n")), []);
}
