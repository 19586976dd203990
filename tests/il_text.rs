//! The grammar by example, and what the verifier makes of it.
#![cfg(feature = "cli")]

use drawloom::il::resolved::{BlockId, Callee, FuncId, Op, Source};
use drawloom::il::{Diagnostic, Function, Init, Module, Type, Verified, Version};
use drawloom::il::{parse, verify};

fn module(text: &str) -> Module {
    parse(text).unwrap_or_else(|findings| panic!("{findings:#?}\n{text}"))
}

fn verified(text: &str) -> Verified {
    verify(module(text)).unwrap_or_else(|findings| panic!("{findings:#?}\n{text}"))
}

/// A function with parameters of every type around these lines.
fn body(lines: &str) -> String {
    format!(
        "il 0.3.0\nextern @host(i64, str) -> void\nextern @Viper.String.Len(str) -> i64\n\
         global const str @.text = \"hi\"\nglobal i64 @counter = 41\n\
         func @main(i64 %a, f64 %f, i32 %n, ptr %p, str %s, i1 %c) -> i64 {{\nentry:\n{lines}\n}}\n"
    )
}

#[test]
fn every_version_from_0_1_to_0_3_is_read() {
    for (text, version) in [
        ("il 0.1", Version { major: 0, minor: 1, patch: None }),
        ("il 0.1.2", Version { major: 0, minor: 1, patch: Some(2) }),
        ("# a comment\n\nil 0.2.0 // more\n", Version { major: 0, minor: 2, patch: Some(0) }),
        ("\u{feff}il 0.3.7\r\n", Version { major: 0, minor: 3, patch: Some(7) }),
    ] {
        assert_eq!(module(text).version, version, "{text}");
    }
}

#[test]
fn declarations_take_all_their_forms() {
    let text = r#"il 0.3.0
target "x86_64-sysv"
extern @Viper.Terminal.PrintI64(i64) -> void [nothrow, pure]
extern @none() -> ptr
global const str @.msg = "tab\t \"quoted\" \\ \x41\0 # // no comment"
global export i64 @counter = -0x10
global ptr @null_one = null
global f64 @half = 1
global i1 @yes = true
global i16 @zero
func @f(i64 %a, %b: f64) -> i64 [nothrow] {
entry:
  ret %a
}
func export @g() -> void
{
entry: ret }
"#;
    let module = verified(text).into_module();
    assert_eq!(module.target.as_deref(), Some("x86_64-sysv"));
    let inits: Vec<_> = module.globals.iter().map(|global| global.init.clone()).collect();
    let message = "tab\t \"quoted\" \\ A\0 # // no comment".to_owned();
    let expected = [
        Init::Str(message),
        Init::Int(-16),
        Init::Zero,
        Init::Float(1.0),
        Init::Int(1),
        Init::Zero,
    ];
    assert_eq!(inits, expected);
    let Function { params, exported, .. } = &module.functions[0];
    assert_eq!(params.iter().map(|param| param.ty).collect::<Vec<_>>(), [Type::I64, Type::F64]);
    assert!(!exported && module.functions[1].exported);
}

#[test]
fn instructions_take_all_their_forms() {
    verified(&body(
        r"  %sum = iadd.ovf %a, 0x10
  %narrow:i32 = cast.si_narrow.chk %sum
  %wrapped = add %sum, -1
  %less = scmp_lt %wrapped, 1_000
  %same = icmp_eq %p, null
  %float = fadd %f, 1
  %chosen = select i64, %less, %a, 0b11
  %index = idx.chk %chosen, 0, 017
  %slot = alloca 8
  store i64, %slot, %index
  %loaded = load i64, %slot
  %next = gep %slot, 0
  %counter = gaddr @counter
  %address = addr_of @main
  store ptr, %slot, @main
  %text = const_str @.text
  %null = const_null
  %none:str = const_null
  %pi = const.f64 3.14
  %nan = const.f64 NaN
  call @host(1, %text) [nothrow, readonly, pure]
  %length = call @Viper.String.Len(%text)
  %first = call.indirect [i64(ptr, i64)] %p(%slot, 3)
  %second = call.indirect @main(1, 2.0, 3, null, %text, true)
  call.indirect @main(1, 2, 3, null, %text, 1)
  %old = atomic.load i64, %counter, acquire
  atomic.store i64, %counter, %old, release
  %before = atomic.rmw add i64, %counter, 1, acq_rel
  atomic.rmw xchg ptr, %slot, null, seq_cst
  %seen = atomic.cas i64, %counter, %before, 7, acq_rel, acquire
  fence seq_cst
  %error = trap.err 7, %text
  %kind = trap.kind
  %its_kind = trap.kind %error
  %code = err.get_code %error
  %line = err.get_line %error
  ret %seen",
    ));
}

#[test]
fn control_flow_takes_all_its_forms() {
    verified(&body(
        r"  eh.push ^h1
  eh.push label h2
  eh.pop
  br label loop(%a)
loop(%i: i64):
  %done = scmp_ge %i, 10
  cbr %done, ^end(%i), body
body:
  %more = iadd.ovf %i, 1
  .loc 1 2 3
  br loop(%more)
label:
  br label
end(%r: i64):
  switch.i32 %n, ^default, 1 -> ^one(%r), -2 -> two()
default:
  ret %r
one(%s1:i64):
  trap
two:
  trap.from_err i32 7
h1(%e:Error, %t:ResumeTok):
  eh.entry
  %k = err.get_kind %e
  resume.same %t
handler ^h2(%e: error, %t: resume_tok):
  %l = err.get_line %e
  br carry(%t, %e)
carry(%v: resumetok, %f2: error):
  cbr %c, next(%v), elsewhere
next(%u: resumetok):
  resume.next %u
elsewhere:
  resume.label %v, ^default2
default2:
  ret 0",
    ));
}

#[test]
fn loc_lasts_until_the_next_one_or_the_end_of_the_block() {
    let text = "il 0.3.0\nfunc @f() -> void {\nentry:\n  eh.pop\n  .loc 1 2 3\n  eh.pop\n  eh.pop\n\
                \x20 .loc 0 0 0\n  br b\nb:\n  ret\n}\n";
    let module = module(text);
    let lines = |block: usize| -> Vec<Option<u32>> {
        let instructions = &module.functions[0].blocks[block].instructions;
        instructions.iter().map(|instruction| instruction.loc.map(|loc| loc.line)).collect()
    };
    assert_eq!(lines(0), [None, Some(2), Some(2), None]);
    assert_eq!(lines(1), [None]);
    assert_eq!(parse(&module.to_string()), Ok(module));
}

#[test]
fn the_entry_block_may_rename_the_parameters() {
    let text = "il 0.3.0\nfunc @f(i64 %x, i64 %y) -> i64 {\nentry(%x0: i64, %y: i64):\n\
                \x20 %a = iadd.ovf %x, %x0\n  %b = iadd.ovf %a, %y\n  ret %b\n}\n";
    let verified = verified(text);
    let function = verified.function(FuncId(0));
    let Op::Binary { left, right, .. } = &function.blocks[0].instructions[0].op else { panic!() };
    assert_eq!(left, right);
    assert_eq!(left.source, Source::Value(function.params()[0]));
    let names: Vec<_> = function.values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(names, ["x", "y", "a", "b"]);
}

#[test]
fn resolved_functions_have_no_unreachable_blocks_and_literals_of_their_places_type() {
    let text = "il 0.3.0\nextern @host(f64, i16, i1) -> i64\nfunc @f() -> i64 {\nentry:\n  br ^last\n\
                dead:\n  ret 1\nlast:\n  %r = call @host(1, -2, true)\n  ret %r\n}\n";
    let verified = verified(text);
    let function = verified.function(verified.find_function("f").expect("it is there"));
    assert_eq!(function.blocks.iter().map(|block| block.source).collect::<Vec<_>>(), [0, 2]);
    let Op::Br { target } = &function.blocks[0].instructions[0].op else { panic!() };
    assert_eq!(target.block, BlockId(1));
    let Op::Call { callee: Callee::Extern(_), args, .. } =
        &function.block(target.block).instructions[0].op
    else {
        panic!()
    };
    let words: Vec<_> = args.iter().map(|arg| (arg.source, arg.ty)).collect();
    let expected = [
        (Source::Word(1.0_f64.to_bits()), Type::F64),
        (Source::Word(-2_i64 as u64), Type::I16),
        (Source::Word(1), Type::I1),
    ];
    assert_eq!(words, expected);
}

#[test]
fn block_parameters_share_a_name_where_neither_dominates_the_other() {
    let verified = verified(&body(
        "  cbr %c, c0(1), c1(2.0)\nc0(%v: i64):\n  br join(%v)\nc1(%v: f64):\n\
         \x20 %w = fptosi %v\n  br join(%w)\njoin(%r: i64):\n  ret %r",
    ));
    let function = verified.function(FuncId(0));
    let Op::Unary { operand, .. } = &function.blocks[2].instructions[0].op else { panic!() };
    assert_eq!(
        (operand.source, operand.ty),
        (Source::Value(function.blocks[2].params[0]), Type::F64)
    );
}

#[test]
fn floats_print_in_the_fewest_digits_that_read_back() {
    for (value, text) in [
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (1e300, "1e300"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (f64::INFINITY, "Inf"),
        (f64::NEG_INFINITY, "-Inf"),
        (f64::NAN, "NaN"),
    ] {
        let printed = drawloom::il::Op::ConstF64 { value }.to_string();
        assert_eq!(printed, format!("const.f64 {text}"));
        let module = module(&body(&format!("  %x = {printed}\n  ret 0")));
        let op = &module.functions[0].blocks[0].instructions[0].op;
        let drawloom::il::Op::ConstF64 { value: read } = op else { panic!("{op:?}") };
        assert_eq!(read.to_bits(), value.to_bits());
    }
}

/// The findings about a module that no text gives.
fn findings_after(change: impl FnOnce(&mut Module)) -> Vec<Diagnostic> {
    let mut module = module(&body("  %x = call @Viper.String.Len(%s)\n  ret %x"));
    change(&mut module);
    verify(module).expect_err("the change breaks it")
}

#[test]
fn what_only_a_front_end_can_get_wrong_is_found_too() {
    let named = findings_after(|module| module.globals[1].name = "two words".into());
    assert_eq!(named[0].message, "\"@two words\" is not a name");
    let unnamed = findings_after(|module| module.functions[0].blocks[0].label.clear());
    assert_eq!(unnamed[0].message, "\"^\" is not a name");
    let version = findings_after(|module| module.version.minor = 9);
    assert_eq!(version[0].message, "unsupported IL version '0.9.0'");
    let attribute = findings_after(|module| {
        let op = &mut module.functions[0].blocks[0].instructions[0].op;
        let drawloom::il::Op::Call { attributes, .. } = op else { panic!() };
        attributes.push("fast".into());
    });
    assert_eq!(attribute[0].message, "unknown attribute 'fast'");
}

#[test]
fn a_block_parameter_hides_the_one_of_a_dominating_block() {
    let text = "il 0.1.2 ; an early example's comment
func @main() -> i64 {
entry:
  br loop(0, 0)
loop(%i: i64, %sum: i64):
  %done = scmp_ge %i, 3
  cbr %done, exit(%sum), body(%i, %sum)
body(%i: i64, %sum: i64):
  %next_sum = add %sum, %i
  %next = add %i, 1
  br loop(%next, %next_sum)
exit(%result: i64):
  ret %result
}
";
    let verified = verified(text);
    let body = &verified.functions()[0].blocks[2];
    let Op::Binary { left, .. } = &body.instructions[0].op else { panic!("an addition") };
    assert_eq!(left.source, Source::Value(body.params[1]), "the nearest one is meant");
}
