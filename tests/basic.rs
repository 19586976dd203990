//! What BASIC programs print, and what they become.
#![cfg(feature = "cli")]

#[path = "common/guest.rs"]
mod guest;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use drawloom::flags::Flags;
use drawloom::guest::explorer::{Explorer, Search};
use drawloom::guest::{Control, GuestEngine, Options};
use drawloom::il;
use drawloom::interp::TrapKind;
use drawloom::lang::{Language, basic};
use drawloom::native::{Finished, Loading};
use drawloom::reference::Subject;
use drawloom::report::step_in_words;
use guest::{Printed, code_of, small_limits};

fn run(text: &str) -> (Finished, String) {
    let printed = Printed::default();
    let program = Loading::new(code_of(Language::Basic, text)).limits(small_limits());
    let finished = program.output(printed.clone()).initialise().run();
    (finished, printed.text())
}

/// What a program prints that ends well.
fn prints(text: &str) -> String {
    let (finished, printed) = run(text);
    assert_eq!(finished.result, Ok(0), "{text}\nprinted {printed}");
    printed
}

/// The kind of the trap that ends a program.
fn trap(text: &str) -> TrapKind {
    run(text).0.result.expect_err(text).kind
}

/// Each expression alone in a `PRINT`.
#[test]
fn expressions_have_basics_values() {
    for (expression, value) in [
        // Precedence, and the order among equals.
        ("1 + 2 * 3", "7"),
        ("10 - 3 - 2", "5"),
        ("-2 ^ 2", "-4"),
        ("2 ^ 3 ^ 2", "64"),
        ("7 - 2 MOD 2", "7"),
        ("NOT 1 = 1", "0"),
        ("TRUE OR FALSE ANDALSO FALSE", "-1"),
        ("1 < 2 AND 2 < 3", "-1"),
        // Integers and floats.
        ("7 / 2", "3.5"),
        ("7 \\ 2", "3"),
        ("-7 \\ 2", "-3"),
        ("-7 MOD 2", "-1"),
        ("7 MOD -2", "1"),
        ("1 + 2.5", "3.5"),
        ("6 / 2", "3"),
        ("&HFF + &B101 + 0x10", "276"),
        ("&HFFFFFFFFFFFFFFFF", "-1"),
        ("&H8000000000000000", "-9223372036854775808"),
        ("2 ^ &HFFFFFFFFFFFFFFFF", "0.5"),
        ("&HFFFFFFFFFFFFFFFE ^ 2", "4"),
        ("-&HFFFFFFFFFFFFFFFF", "1"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1e3", "1000"),
        ("2.5#", "2.5"),
        // Truth values.
        ("TRUE", "-1"),
        ("1 = 2", "0"),
        ("NOT TRUE", "0"),
        ("NOT 0", "-1"),
        ("6 AND 3", "2"),
        ("6 OR 3", "7"),
        ("6 XOR 3", "5"),
        ("TRUE AND 3", "3"),
        ("TRUE XOR TRUE", "0"),
        ("(1 < 2) = TRUE", "-1"),
        ("NOTHING = NOTHING", "-1"),
        // Strings.
        ("\"a\" + \"b\"", "ab"),
        ("\"say \"\"hi\"\"\"", "say \"hi\""),
        ("\"abc\" < \"abd\"", "-1"),
        ("\"b\" >= \"abc\"", "-1"),
        ("\"a\" <> \"a\"", "0"),
        ("LEN(\"hello\")", "5"),
        ("LEFT$(\"hello\", 2)", "he"),
        ("LEFT$(\"hello\", 9)", "hello"),
        ("RIGHT$(\"hello\", 2)", "lo"),
        ("MID$(\"hello\", 2, 3)", "ell"),
        ("MID$(\"hello\", 4)", "lo"),
        ("MID$(\"hello\", 9)", ""),
        ("INSTR(\"banana\", \"na\")", "3"),
        ("INSTR(4, \"banana\", \"na\")", "5"),
        ("INSTR(\"banana\", \"x\")", "0"),
        ("INSTR(0, \"banana\", \"na\") + INSTR(-5, \"banana\", \"b\")", "4"),
        ("INSTR(9, \"abc\", \"\") + INSTR(2, \"abc\", \"\")", "6"),
        ("INSTR(9, \"abc\", \"c\") + INSTR(4, \"abc\", \"c\")", "0"),
        ("ASC(CHR$(255))", "255"),
        ("UCASE$(\"aBc\") + LCASE$(\"aBc\")", "ABCabc"),
        ("TRIM$(\"  a \") + LTRIM$(\"  a \") + RTRIM$(\"  a \")", "aa   a"),
        ("CHR$(65) + STR$(ASC(\"A\"))", "A65"),
        ("STR$(42) + STR$(-1.5)", "42-1.5"),
        ("VAL(\"42\") + VAL(\" 1.5x\") + VAL(\"x\")", "43.5"),
        ("VAL(\"1e999\")", "Inf"),
        // Numbers.
        ("CINT(2.5) + CINT(3.5) + CLNG(-2.5)", "4"),
        ("INT(-2.5) + FIX(-2.5)", "-5"),
        ("FLOOR(2.6) + CEIL(2.1)", "5"),
        ("ABS(-3) + ABS(-1.5)", "4.5"),
        ("SGN(-5) + SGN(0) + SGN(2.5)", "0"),
        ("SQR(9) + POW(2, 10)", "1027"),
        ("CDBL(3) / 2", "1.5"),
    ] {
        assert_eq!(prints(&format!("PRINT {expression}")), format!("{value}\n"), "{expression}");
    }
}

#[test]
fn print_joins_with_semicolons_and_has_zones_of_fourteen_columns() {
    assert_eq!(prints("PRINT \"a\"; 1; TRUE\nPRINT \"b\";\nPRINT\nPRINT"), "a1-1\nb\n\n");
    let wide = "fourteen chars";
    assert_eq!(prints("PRINT \"A\", 1, \"B\""), format!("{:<14}{:<14}B\n", "A", 1));
    assert_eq!(prints(&format!("PRINT \"{wide}\", 2")), format!("{wide:28}2\n"));
    assert_eq!(prints("PRINT \"A\",\nPRINT \"B\""), format!("{:14}B\n", "A"));
}

#[test]
fn assignments_convert_as_the_variables_type_says() {
    let text = "LET I% = 3.9\nPRINT I%\nL& = -2.2\nPRINT L&\nF# = 1\nPRINT F# / 4\nDIM B AS BOOLEAN\n\
                B = 7\nPRINT B\nDIM N AS INTEGER\nN = TRUE\nPRINT N\nx = 1.5\nx = 2\nPRINT x / 4\n\
                DIM D = \"text\"\nPRINT D\nDIM Z\nPRINT Z";
    assert_eq!(prints(text), "4\n-2\n0.25\n-1\n-1\n0.5\ntext\n0\n");
}

#[test]
fn control_flow_goes_where_it_should() {
    for (text, printed) in [
        ("FOR i = 1 TO 3: PRINT i;: NEXT", "123"),
        ("FOR i = 3 TO 1 STEP -1: PRINT i;: NEXT i", "321"),
        ("FOR i = 2 TO 1: PRINT i;: NEXT", ""),
        ("s = -2\nFOR i = 5 TO 1 STEP s: PRINT i;: NEXT", "531"),
        ("FOR x# = 0 TO 1 STEP 0.5: PRINT x#; \" \";: NEXT", "0 0.5 1 "),
        ("n = 3\nFOR i = 1 TO n: n = 9: PRINT i;: NEXT", "123"),
        ("FOR i = 1 TO 9: IF i = 3 THEN EXIT FOR\nPRINT i;: NEXT: PRINT i;", "123"),
        ("i = 0\nWHILE i < 3: i = i + 1: PRINT i;: WEND", "123"),
        ("DO: i = i + 1: PRINT i;: LOOP UNTIL i >= 2", "!"),
        ("i = 5\nDO: PRINT i;: LOOP WHILE i < 5", "5"),
        ("i = 5\nDO UNTIL i > 4: PRINT i;: LOOP", ""),
        ("i = 0\nDO: i = i + 1: IF i = 4 THEN EXIT DO\nLOOP\nPRINT i;", "4"),
        ("IF 0 THEN\nPRINT 1;\nELSEIF 1 THEN\nPRINT 2;\nELSE\nPRINT 3;\nEND IF", "2"),
        ("IF 0 THEN\nPRINT 1;\nELSE IF 1 THEN\nPRINT 2;\nELSE\nPRINT 3;\nEND IF", "2"),
        ("IF 0 THEN\nELSE IF 0 THEN PRINT 2;\nELSE\nIF 1 THEN\nPRINT 3;\nEND IF\nEND IF", "3"),
        ("IF FALSE THEN PRINT 1; ELSE IF TRUE THEN PRINT 2; ELSE PRINT 3;", "2"),
        ("IF FALSE THEN PRINT 1; ELSE PRINT 2;: PRINT 3;", "23"),
        ("IF FALSE THEN PRINT 1;: PRINT 2;", ""),
        ("IF TRUE THEN IF FALSE THEN PRINT 1; ELSE PRINT 2;", "2"),
        ("10 i = 1\n20 PRINT i;\n30 i = i + 1\n40 IF i < 4 THEN 20", "123"),
        ("GOTO skip\nPRINT 1;\nskip: PRINT 2;", "2"),
        ("GOSUB a: GOSUB a: END\na: PRINT 1;: GOSUB b: RETURN\nb: PRINT 2;: RETURN", "1212"),
        ("GOSUB 100\nPRINT 2;\nEND\n100 PRINT 1;\n110 RETURN", "12"),
        ("PRINT 1 _\n + 1; ' a comment\nREM another\nPRINT 3;", "23"),
    ] {
        let printed = if printed == "!" { "12" } else { printed };
        let text = text.replace("DO: i = i + 1: PRINT", "i = 0\nDO: i = i + 1: PRINT");
        assert_eq!(prints(&text), printed, "{text}");
    }
}

#[test]
fn select_case_takes_the_first_label_that_fits() {
    let of = |n: &str| {
        format!(
            "CONST TOP = 20\nn = {n}\nSELECT CASE n\nCASE 1, 3: PRINT \"odd\"\nCASE 4 TO 6, -1\n\
             PRINT \"mid\"\nCASE IS > TOP, < -5: PRINT \"far\"\nCASE TOP: PRINT \"top\"\n\
             CASE ELSE: PRINT \"else\"\nEND SELECT"
        )
    };
    for (n, printed) in [
        ("3", "odd"),
        ("4", "mid"),
        ("6", "mid"),
        ("-1", "mid"),
        ("21", "far"),
        ("-6", "far"),
        ("20", "top"),
        ("7", "else"),
    ] {
        assert_eq!(prints(&of(n)), format!("{printed}\n"), "{n}");
    }
    let text = "FOR i = 65 TO 67\nSELECT CASE CHR$(i)\nCASE \"A\": PRINT 1;\nCASE CHR$(66): PRINT 2;\n\
                CASE \"B\" TO \"D\": PRINT 3;\nEND SELECT\nNEXT";
    assert_eq!(prints(text), "123");
}

#[test]
fn procedures_take_values_and_may_call_themselves() {
    let text = "FUNCTION Fib(n AS INTEGER) AS INTEGER\nIF n < 2 THEN RETURN n\n\
                RETURN Fib(n - 1) + Fib(n - 2)\nEND FUNCTION\n\
                SUB Change(n AS INTEGER, s$)\nn = n + 1\ns$ = s$ + \"!\"\nPRINT n; s$;\nEND SUB\n\
                FUNCTION Twice%(n%)\nTwice% = n% * 2\nEND FUNCTION\n\
                FUNCTION First$(a$) AS STRING\nDIM i\nFOR i = 1 TO 3\nIF i = 2 THEN\nFirst$ = a$\n\
                EXIT FUNCTION\nEND IF\nNEXT\nEND FUNCTION\n\
                n = 1\nChange(n, \"a\")\nPRINT n; Fib(12); Twice%(4); First$(\"x\")\nCALL Change(1, \"\")";
    assert_eq!(prints(text), "2a!11448x\n2!");
}

#[test]
fn a_namespace_gives_its_procedures_a_longer_name() {
    let text = "USING Far.Away\nUSING T = Viper.Terminal\nUSING Zanna.Threads\n\
                NAMESPACE A.B\nSUB F: PRINT 1;: END SUB\nSUB Main\nF()\nEND SUB\nEND NAMESPACE\n\
                NAMESPACE Far.Away\nSUB G: PRINT 2;: END SUB\nEND NAMESPACE\n\
                a.b.main()\nG()\nFar.Away.g\nT.PrintI64(3)\nDIM s AS SafeI64 = SafeI64.New(4)\nPRINT s.Get();";
    assert_eq!(prints(text), "12234");
    // Names in IL have no suffix but `$`.
    let text = "NAMESPACE A%.B$\nSUB F\nPRINT 1;\nEND SUB\nEND NAMESPACE\nNAMESPACE A.B$\nSUB F%\nPRINT 2;\n\
                END SUB\nEND NAMESPACE\nA%.B$.F()\nA.B$.F%()";
    assert_eq!(prints(text), "12");
}

#[test]
fn try_catches_a_trap_of_its_block_and_of_what_it_calls() {
    let text = "SUB Fails()\nz = 0\nPRINT 1 \\ z\nEND SUB\n\
                FOR i = 1 TO 2\nTRY\nTRY\nFails()\nPRINT \"never\"\nCATCH\nPRINT \"inner\";\nEND TRY\n\
                IF i = 2 THEN EXIT FOR\nPRINT i;\nViper.Core.Diagnostics.Assert(FALSE, \"no\")\n\
                CATCH code\nPRINT \"outer\"; code = ERR();\nEND TRY\nNEXT\nPRINT \"end\"";
    assert_eq!(prints(text), "inner1outer-1innerend\n");
    // A handler that was left by EXIT, GOTO or RETURN catches nothing any more.
    for leave in ["EXIT DO", "GOTO out"] {
        let text =
            format!("DO\nTRY\n{leave}\nCATCH\nPRINT 1\nEND TRY\nLOOP\nout:\nz = 0\nPRINT 1 \\ z");
        assert_eq!(trap(&text), TrapKind::DivideByZero, "{leave}");
    }
    let leaves = "SUB S()\nTRY\nRETURN\nCATCH\nPRINT 1\nEND TRY\nEND SUB\n\
                  FUNCTION F()\nTRY\nRETURN 1\nCATCH\nPRINT 1\nEND TRY\nRETURN 0\nEND FUNCTION\n";
    for call in ["S()", "x = F()"] {
        let text = format!("{leaves}{call}\nz = 0\nPRINT 1 \\ z");
        assert_eq!(trap(&text), TrapKind::DivideByZero, "{call}");
    }
}

#[test]
fn arrays_have_the_elements_from_0_to_the_number_that_is_written() {
    let text = "CONST N = 2\nDIM a(N) AS FLOAT\na(0) = 1.5\na(2) = a(0) + 1\nPRINT a(2); a(1); UBOUND(a)\n\
                k = 3\nDIM b(k) AS INTEGER\nFOR i = LBOUND(b) TO UBOUND(b): b(i) = i * i: NEXT\nPRINT b(3)\n\
                DIM s(1) AS STRING\nPRINT s(0); \"|\"; LEN(s(1))";
    assert_eq!(prints(text), "2.502\n9\n|0\n");
    for text in ["DIM a(2) AS INTEGER\ni = 3\na(i) = 1", "k = 2\nDIM a(k)\nPRINT a(-1)"] {
        assert_eq!(trap(text), TrapKind::Bounds, "{text}");
    }
}

#[test]
fn wrong_arithmetic_traps() {
    for (text, kind) in [
        ("z = 0\nPRINT 1 / z", TrapKind::DivideByZero),
        ("z = 0\nPRINT 1 MOD z", TrapKind::DivideByZero),
        ("x = 9223372036854775807\nPRINT x + 1", TrapKind::Overflow),
        ("x% = 1e300", TrapKind::Overflow),
        ("PRINT MID$(\"a\", 0)", TrapKind::DomainError),
        ("PRINT LEFT$(\"a\", -1)", TrapKind::DomainError),
        ("PRINT CHR$(256)", TrapKind::DomainError),
        ("PRINT CHR$(-1)", TrapKind::DomainError),
        ("DIM t AS Viper.Threads.Thread\nt.Join()", TrapKind::NullPointer),
        ("sub1: GOSUB sub1", TrapKind::Assertion),
        ("GOSUB a\na: RETURN", TrapKind::Assertion),
        ("DIM a(3)\nPRINT 1 / LBOUND(a)", TrapKind::DivideByZero),
        ("n = -1\nDIM a(n)", TrapKind::Assertion),
        ("n = -5\nDIM a(n) AS STRING", TrapKind::Assertion),
    ] {
        assert_eq!(trap(text), kind, "{text}");
    }
}

#[test]
fn floats_divide_as_ieee_says() {
    assert_eq!(prints("z# = 0\nPRINT 1 / z#; -1.5 / z#; z# / z# = z# / z#"), "Inf-Inf0\n");
    assert_eq!(prints("z = 0\nPRINT 1 / 0.0; 1.5 / 0; 1.5 / z"), "InfInfInf\n");
}

#[test]
fn a_const_has_the_value_that_a_run_computes() {
    for value in ["1 / 0.0", "1.5 / 0", "-1 / 0.0", "7 / 2", "CHR$(255)", "CHR$(0) + CHR$(128)"] {
        let of_run = prints(&format!("PRINT {value}"));
        assert_eq!(prints(&format!("CONST C = {value}\nPRINT C")), of_run, "{value}");
    }
    let own = "FUNCTION CHR$(n AS INTEGER) AS STRING\nRETURN \"own\"\nEND FUNCTION\n";
    assert_eq!(prints(&format!("{own}PRINT CHR$(65)")), "own\n");
    for (before, value) in
        [("", "CHR$(256)"), ("", "CHR$(300)"), (own, "CHR$(65)"), ("DIM CHR$(70)\n", "CHR$(65)")]
    {
        let text = format!("{before}CONST C = {value}");
        let found = basic::lower(&text, Flags::DEFAULT).expect_err(&text);
        assert_eq!(found[0].message, "the value of a CONST must be constant", "{text}");
    }
}

#[test]
fn a_module_variable_is_shared_and_a_local_is_not() {
    let text = "DIM n AS INTEGER\nSUB Work()\nDIM own AS INTEGER\nown = own + 1\nn = n + own\nEND SUB\n\
                DIM t AS OBJECT\nFOR i = 1 TO 3\nt = Viper.Threads.Thread.Start(ADDRESSOF Work, NOTHING)\n\
                t.Join()\nNEXT\nPRINT n";
    assert_eq!(prints(text), "3\n");
    // Each call has its locals anew.
    assert_eq!(prints("SUB S()\nx = x0 + 1\nPRINT x;\nEND SUB\nx0 = 0\nS()\nS()"), "11");
}

#[test]
fn a_procedure_has_no_variable_of_another_function() {
    let text = "DIM a AS INTEGER\nDIM x AS INTEGER\nSUB S()\nDIM y AS INTEGER\ny = 1\nx = 99\nPRINT y\n\
                IF FALSE THEN\nDIM x AS INTEGER\nEND IF\nEND SUB\nS()";
    let found = basic::lower(text, Flags::DEFAULT).expect_err("x is used before its DIM");
    assert_eq!(found[0].message, "duplicate local 'x'");
    let text = text.replace("x = 99", "PRINT x");
    let found = basic::lower(&text, Flags::DEFAULT).expect_err("x is read before its DIM");
    assert_eq!(found[0].message, "unknown variable 'x'");
}

#[test]
fn a_catch_has_a_variable_of_its_own() {
    let text =
        "DIM e AS INTEGER\ne = 5\nz = 0\nTRY\nPRINT 1 \\ z\nCATCH e\nPRINT e;\nEND TRY\nPRINT e";
    assert_eq!(prints(text), "05\n");
    for (declaration, message) in [
        ("DIM e AS FLOAT", "duplicate variable 'e'"),
        ("DIM e(2)", "duplicate variable 'e'"),
        ("CONST e = 3", "'e' is defined twice"),
    ] {
        let text = format!("TRY\nPRINT 1\nCATCH e\n{declaration}\nEND TRY");
        let found = basic::lower(&text, Flags::DEFAULT).expect_err(&text);
        assert_eq!(found[0].message, message, "{text}");
    }
    // It hides a constant of its procedure wherever that is named.
    let text = "SUB S()\nCONST e = 5\nTRY\nPRINT 1\nCATCH e\nSELECT CASE 5\nCASE e: PRINT 2\nEND SELECT\n\
                END TRY\nEND SUB";
    let found = basic::lower(text, Flags::DEFAULT).expect_err("a label is constant");
    assert_eq!(found[0].message, "SELECT CASE labels must be literals or CONSTs");
}

#[test]
fn every_line_may_have_a_number() {
    let lines = "USING Viper.Threads\nNAMESPACE A\n' no declaration\n\nSUB F(n)\nIF n = 1 THEN\nPRINT 1;\n\
                 ELSEIF n = 2 THEN\nPRINT 2;\nELSE\nPRINT 3;\nEND IF\nEND SUB\nEND NAMESPACE\n\
                 FOR i = 1 TO 3\nSELECT CASE i\nCASE 1\nA.F(1)\nCASE 2\nA.F(2)\nCASE ELSE\nA.F(3)\n\
                 END SELECT\nNEXT\nz = 0\nTRY\nPRINT 1 \\ z\nCATCH\nPRINT 4;\nEND TRY\n\
                 DO\nz = z + 1\nLOOP UNTIL z = 5\nWHILE z < 7\nz = z + 1\nWEND\nPRINT z;";
    let number = |(at, line)| format!("{} {line}\n", 10 * (at + 1));
    let text: String = lines.lines().enumerate().map(number).collect();
    assert_eq!(prints(&text), "12347");
}

#[test]
fn a_jump_to_the_number_of_a_case_leaves_the_block() {
    for case in [20, 30] {
        let text = format!(
            "n = 0\n10 n = n + 1\nIF n = 2 THEN GOTO {case}\nSELECT CASE n\n20 CASE 1\nPRINT 1;\nGOTO 10\n\
             30 CASE ELSE\nPRINT 2;\nEND SELECT\nPRINT \"out\";"
        );
        assert_eq!(prints(&text), "1out", "{case}");
    }
}

#[test]
fn a_return_without_gosub_traps_at_its_line() {
    let in_main = "GOSUB a\nIF FALSE THEN\nRETURN\nEND IF\nRETURN\nEND\na: PRINT 1;\nRETURN";
    let in_function = "FUNCTION F()\nIF TRUE THEN\nRETURN\nEND IF\nRETURN\nGOSUB a\na: F = 1\nRETURN 2\n\
                       END FUNCTION\nPRINT F()";
    for (text, line) in [(in_main, 5), (in_function, 3)] {
        let trap = run(text).0.result.expect_err(text);
        assert_eq!(trap.message, "RETURN without GOSUB", "{text}");
        assert_eq!(trap.backtrace[0].line, line, "{text}");
    }
    let in_sub = "SUB S()\nGOSUB a\nPRINT 2;\nRETURN\na: PRINT 1;\nRETURN\nEND SUB\nS()";
    assert_eq!(prints(in_sub), "12");
}

#[test]
fn both_roots_of_the_runtime_are_one_prefix() {
    let text = "USING Viper.Threads\nUSING Zanna.Threads\nDIM g AS Gate = NEW Gate(1)\nSUB Work()\ng.Leave()\n\
                END SUB\nDIM t AS Thread = Thread.Start(ADDRESSOF Work, NOTHING)\nt.Join()\nPRINT g.Permits";
    assert_eq!(prints(text), "2\n");
}

#[test]
fn a_step_counts_as_the_loops_variable_has_it() {
    assert_eq!(prints("DIM i AS INTEGER\nFOR i = 0 TO 3 STEP 1.6: PRINT i;: NEXT"), "02");
}

#[test]
fn a_procedure_of_the_program_hides_a_function_of_basic() {
    let text = "FUNCTION Pow(a AS INTEGER, b AS INTEGER) AS INTEGER\nRETURN 7\nEND FUNCTION\nPRINT Pow(2, 3)";
    assert_eq!(prints(text), "7\n");
}

/// All traps that BASIC can catch have the code 0, so only the IL shows where `ERR` has it from.
#[test]
fn err_reads_what_a_catch_stored_also_before_the_text_of_the_try() {
    let text = "FOR i = 1 TO 2\nx = ERR()\nTRY\nCATCH\nEND TRY\nNEXT";
    let lowered = basic::lower(text, Flags::DEFAULT).expect("nothing is wrong").to_string();
    let is_load = |line: &&str| line.trim().starts_with("%code") && line.contains(" load ");
    let slots: Vec<_> =
        lowered.lines().filter(is_load).map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(slots.len(), 2, "{lowered}");
    assert_eq!(slots[0], slots[1], "{lowered}");
}

#[test]
fn gosubs_nest_128_deep() {
    let of = |depth| {
        format!("n = 0\nGOSUB a\nPRINT n\nEND\na: n = n + 1\nIF n < {depth} THEN GOSUB a\nRETURN")
    };
    assert_eq!(prints(&of(128)), "128\n");
    assert_eq!(trap(&of(129)), TrapKind::Assertion);
}

#[test]
fn a_variable_has_no_procedures_name() {
    for declaration in [
        "DIM work AS INTEGER",
        "DIM work(2) AS INTEGER",
        "Work = 1",
        "CONST WORK = 1",
        "FOR work = 1 TO 2: NEXT",
        "TRY\nCATCH work\nEND TRY",
        "SUB Other(work)\nEND SUB",
        "SUB Other()\nwork = 1\nEND SUB",
        "NAMESPACE A\nSUB F\nG = 1\nEND SUB\nSUB G\nEND SUB\nEND NAMESPACE",
    ] {
        let text = format!("SUB Work()\nEND SUB\n{declaration}");
        let found = basic::lower(&text, Flags::DEFAULT).expect_err(&text);
        assert!(found[0].message.ends_with("is a procedure already"), "{text}: {found:?}");
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    // A procedure of a namespace that is not around is none here, and the result is no variable.
    let text = "NAMESPACE A\nFUNCTION F() AS INTEGER\nF = 2\nEND FUNCTION\nEND NAMESPACE\nF = 1\nPRINT F; A.F()";
    assert_eq!(prints(text), "12\n");
}

#[test]
fn one_mistake_is_reported_once() {
    for (text, message) in [
        // The object might have had a class.
        ("DIM o AS OBJECT = nobody\nPRINT o.Get()\no.Set(1)", "unknown variable 'nobody'"),
        ("DIM o AS OBJECT\no = Nothere()\no.Join()", "unknown procedure 'Nothere'"),
        ("DIM o(2) AS OBJECT\no(1) = nobody\no(1).Join()", "unknown variable 'nobody'"),
        // The names of a namespace are known although its USING is wrong.
        (
            "USING Viper.Threds\nDIM g AS Gate = NEW Gate(1)\ng.Leave()",
            "E_NS_001: namespace not found: 'Viper.Threds'",
        ),
        // A word is one word, whatever its letters are.
        ("PRINT naïve + 1", "'naïve' is not a name"),
        ("PRINT größe$", "'größe' is not a name"),
        // A block with a wrong head has an end.
        ("FOR i = TO 3\nPRINT i\nNEXT i", "expected an expression, found 'TO'"),
        ("FOR i = 1 TO: PRINT i: NEXT", "expected an expression, found ':'"),
        ("FOR EACH a IN b\nPRINT a\nNEXT", "FOR EACH is not supported"),
        ("IF 1 THEN\nFOR i 1 TO 2\nNEXT\nEND IF", "expected '=', found '1'"),
        ("IF x = THEN\nPRINT 1\nELSE\nPRINT 2\nEND IF", "expected an expression, found 'THEN'"),
        ("IF x = 1\nPRINT 1\nEND IF", "expected 'THEN', found the end of the line"),
        ("IF x = 1 THN\nPRINT 1\nEND IF", "expected 'THEN', found 'THN'"),
        ("IF x = 1 PRINT 1\nPRINT 2", "expected 'THEN', found 'PRINT'"),
        ("IF x = THEN PRINT 1\nPRINT 2", "expected an expression, found 'THEN'"),
        ("IF 1 THEN\nELSEIF THEN\nPRINT 1\nEND IF", "expected an expression, found 'THEN'"),
        ("WHILE\nPRINT 1\nWEND", "expected an expression, found the end of the line"),
        ("DO WHILE\nPRINT 1\nLOOP", "expected an expression, found the end of the line"),
        ("SELECT x\nCASE 1: PRINT 1\nEND SELECT", "expected 'CASE', found 'x'"),
        (
            "SELECT CASE\nCASE 1: PRINT 1\nEND SELECT",
            "expected an expression, found the end of the line",
        ),
        ("TRY\nCATCH 5\nPRINT 1\nEND TRY", "expected a variable for the error, found '5'"),
        ("SUB (a)\nPRINT 1\nEND SUB", "expected a name for the procedure, found '('"),
        (
            "FUNCTION F(BYREF a)\nRETURN a\nEND FUNCTION",
            "parameters by reference are not supported",
        ),
        (
            "NAMESPACE 5\nSUB F\nEND SUB\nEND NAMESPACE",
            "expected a name for the namespace, found '5'",
        ),
    ] {
        let found = basic::lower(text, Flags::DEFAULT).expect_err(text);
        let messages: Vec<_> = found.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(messages, [message], "{text}");
    }
}

#[test]
fn constants_that_double_use_no_memory_without_bound() {
    let doubled = |n: usize| format!("CONST A{} = A{n} + A{n}\n", n + 1);
    let text: String = (0..60).map(doubled).collect();
    let found = basic::lower(&format!("CONST A0 = \"0123456789\"\n{text}"), Flags::DEFAULT);
    assert!(found.is_err());
}

#[test]
fn a_small_program_lowers_to_the_golden_text() {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/basic/small.il");
    let text = include_str!("golden/basic/small.bas");
    let module = basic::lower(text, Flags::DEFAULT).expect("nothing is wrong");
    let lowered = module.to_string();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&golden, &lowered).expect("the golden file can be written");
    }
    let expected = fs::read_to_string(&golden).expect("the golden file is in the repository");
    assert_eq!(lowered, expected);
    il::verify(il::parse(&lowered).expect("it parses")).expect("it verifies");
}

#[test]
fn a_counterexample_calls_variables_and_procedures_by_their_names() {
    let text = "DIM hits AS INTEGER
SUB Work()
  DIM value AS INTEGER
  value = hits
  hits = value + 1
END SUB
SUB Nothing2(number AS OBJECT)
END SUB
DIM t AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF Work, NOTHING)
DIM p AS Viper.Threads.Pool = Viper.Threads.Pool.New(1)
p.Submit(ADDRESSOF Nothing2, NOTHING)
p.Shutdown()
t.Join()
Viper.Core.Diagnostics.AssertEq(2, hits, \"hits\")
";
    let subject = Arc::new(Subject::new(guest::checked_code_of(Language::Basic, text)));
    let explorer = Explorer { model: None, search: Search::Auto, options: Options::default() };
    let found = explorer.check(&subject, &Control::default()).tally.violations.remove(0);
    let steps: Vec<String> = found.trace.iter().map(|it| step_in_words(it, &subject)).collect();
    for wanted in [
        "store value := 0",
        "load value = 0",
        "Pool.Submit heap 0 of thread 0 with @Nothing2, 0 = 1",
    ] {
        assert!(steps.iter().any(|it| it == wanted), "{wanted}: {steps:#?}");
    }
}
