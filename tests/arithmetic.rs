//! Every integer, float, cast, shift and compare operation of the IL, at every width, with computed
//! and literal operands, against plain arithmetic that was written from the IL's documentation.
//!
//! The oracle computes in 128 bits or by its own algorithm, never with the function that the
//! machine uses.
#![cfg(feature = "cli")]
#![allow(clippy::format_push_string, clippy::float_cmp, clippy::unnecessary_wraps)] // text, exact floats, one type for all oracles

use drawloom::il::{BinaryOp, Rule, Type, UnaryOp};
use drawloom::interp::TrapKind;
use proptest::prelude::*;
use proptest::test_runner::Config;

#[path = "common/guest.rs"]
mod guest;

use guest::run;

/// The word that an operation gives, or the trap.
type Gives = Result<u64, TrapKind>;

/// The widths that an operation is tested at, as type names with their bits.
const WIDTHS: &[(&str, u32)] = &[("i16", 16), ("i32", 32), ("i64", 64)];

fn integers(bits: u32) -> BoxedStrategy<i64> {
    let (min, max) = (i64::MIN >> (64 - bits), i64::MAX >> (64 - bits));
    let edges = vec![min, min + 1, max, max - 1, -1, 0, 1, 2, -2, min / 2, max / 2, 7, 63, 10];
    let edges: Vec<i64> = edges.into_iter().map(|edge| edge.clamp(min, max)).collect();
    prop_oneof![3 => proptest::sample::select(edges), 1 => min..=max].boxed()
}

fn floats() -> BoxedStrategy<f64> {
    let edges = vec![
        0.0,
        -0.0,
        0.5,
        1.5,
        2.5,
        -0.5,
        -1.5,
        0.499_999_999_999_999_94,
        // Up to 2^52 there are halves.
        2_251_799_813_685_249.5,
        -2_251_799_813_685_249.5,
        4_503_599_627_370_494.5,
        4_503_599_627_370_495.5,
        -4_503_599_627_370_495.5,
        4_503_599_627_370_497.0,
        9_223_372_036_854_775_808.0,
        9_223_372_036_854_774_784.0,
        -9_223_372_036_854_775_808.0,
        -9_223_372_036_854_777_856.0,
        18_446_744_073_709_551_616.0,
        18_446_744_073_709_549_568.0,
        -1.0,
        -0.75,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
    ];
    prop_oneof![
        3 => proptest::sample::select(edges),
        1 => any::<f64>(),
        1 => (-1_000_000..1_000_000_i64).prop_map(|quarter| quarter as f64 / 4.0),
    ]
    .boxed()
}

fn in_range(value: i128, bits: u32) -> Gives {
    let half = 1_i128 << (bits - 1);
    if (-half..half).contains(&value) { Ok(value as i64 as u64) } else { Err(TrapKind::Overflow) }
}

fn divided(by: i64, value: impl FnOnce() -> Gives) -> Gives {
    if by == 0 { Err(TrapKind::DivideByZero) } else { value() }
}

/// What an integer operation gives at a width.
fn integer_oracle(op: BinaryOp, bits: u32, a: i64, b: i64) -> Gives {
    let (wide_a, wide_b) = (i128::from(a), i128::from(b));
    // As unsigned 64-bit words.
    let (word_a, word_b) = (wide_a.rem_euclid(1 << 64), wide_b.rem_euclid(1 << 64));
    let low = |value: i128| Ok(value.rem_euclid(1 << 64) as u64);
    let truth = |claim: bool| Ok(u64::from(claim));
    let power = 1_i128 << word_b.rem_euclid(64);
    let by_bits = |f: fn(bool, bool) -> bool| {
        let bit = |word: i128, nth: u32| word >> nth & 1 == 1;
        let sum = (0..64).filter(|&nth| f(bit(word_a, nth), bit(word_b, nth)));
        Ok(sum.map(|nth| 1_u64 << nth).sum())
    };
    match op {
        BinaryOp::IAddOvf => in_range(wide_a + wide_b, bits),
        BinaryOp::ISubOvf => in_range(wide_a - wide_b, bits),
        BinaryOp::IMulOvf => in_range(wide_a * wide_b, bits),
        BinaryOp::SDivChk0 => divided(b, || in_range(wide_a / wide_b, bits)),
        BinaryOp::SRemChk0 => divided(b, || in_range(wide_a - wide_a / wide_b * wide_b, bits)),
        BinaryOp::UDivChk0 => divided(b, || low(word_a / word_b)),
        BinaryOp::URemChk0 => divided(b, || low(word_a - word_a / word_b * word_b)),
        BinaryOp::Add => low(wide_a + wide_b),
        BinaryOp::Sub => low(wide_a - wide_b),
        BinaryOp::Mul => low(wide_a * wide_b),
        BinaryOp::And => by_bits(|a, b| a && b),
        BinaryOp::Or => by_bits(|a, b| a || b),
        BinaryOp::Xor => by_bits(|a, b| a != b),
        BinaryOp::Shl => {
            let kept = word_a.rem_euclid((1_i128 << 64) / power);
            low(kept * power)
        }
        BinaryOp::LShr => low(word_a / power),
        BinaryOp::AShr => low(wide_a.div_euclid(power)),
        BinaryOp::ICmpEq => truth(wide_a == wide_b),
        BinaryOp::ICmpNe => truth(wide_a != wide_b),
        BinaryOp::SCmpLt => truth(wide_a < wide_b),
        BinaryOp::SCmpLe => truth(wide_a <= wide_b),
        BinaryOp::SCmpGt => truth(wide_a > wide_b),
        BinaryOp::SCmpGe => truth(wide_a >= wide_b),
        BinaryOp::UCmpLt => truth(word_a < word_b),
        BinaryOp::UCmpLe => truth(word_a <= word_b),
        BinaryOp::UCmpGt => truth(word_a > word_b),
        BinaryOp::UCmpGe => truth(word_a >= word_b),
        other => panic!("{other:?} is not an integer operation"),
    }
}

/// What a float operation gives; NaNs are one.
fn float_oracle(op: BinaryOp, a: f64, b: f64) -> Gives {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = a.partial_cmp(&b);
    let claim = match op {
        BinaryOp::FAdd => return Ok((a + b).to_bits()),
        BinaryOp::FSub => return Ok((a - b).to_bits()),
        BinaryOp::FMul => return Ok((a * b).to_bits()),
        BinaryOp::FDiv => return Ok((a / b).to_bits()),
        BinaryOp::FCmpEq => order == Some(Equal),
        BinaryOp::FCmpNe => order != Some(Equal),
        BinaryOp::FCmpLt => order == Some(Less),
        BinaryOp::FCmpLe => matches!(order, Some(Less | Equal)),
        BinaryOp::FCmpGt => order == Some(Greater),
        BinaryOp::FCmpGe => matches!(order, Some(Greater | Equal)),
        BinaryOp::FCmpOrd => order.is_some(),
        BinaryOp::FCmpUno => order.is_none(),
        other => panic!("{other:?} is not a float operation"),
    };
    Ok(u64::from(claim))
}

/// The integer nearest to a float, ties to even, by its parts; `None` if it has none.
fn nearest(value: f64, to_even: bool) -> Option<i128> {
    if !value.is_finite() || value.abs() >= 1e30 {
        return None;
    }
    let whole = value.abs() as u128 as i128;
    let fraction = value.abs() - whole as f64;
    let up = to_even && (fraction > 0.5 || (fraction == 0.5 && whole % 2 == 1));
    let size = whole + i128::from(up);
    Some(if value < 0.0 { -size } else { size })
}

fn cast_oracle(op: UnaryOp, bits: u32, word: u64) -> Gives {
    let signed = word as i64;
    let float = f64::from_bits(word);
    let fits = |value: Option<i128>, min: i128, max: i128| {
        let value = value.filter(|value| (min..=max).contains(value));
        value.map(|value| value as u64).ok_or(TrapKind::Overflow)
    };
    let (min, max) = (i128::from(i64::MIN), i128::from(i64::MAX));
    match op {
        UnaryOp::FpToSiRteChk => fits(nearest(float, true), min, max),
        UnaryOp::FpToUiRteChk => fits(nearest(float, true), 0, i128::from(u64::MAX)),
        UnaryOp::FpToSi => fits(nearest(float, false), min, max),
        UnaryOp::SiToFp | UnaryOp::SiToFpCast => {
            let text: f64 = signed.to_string().parse().expect("a number");
            Ok(text.to_bits())
        }
        UnaryOp::UiToFpCast => {
            let text: f64 = word.to_string().parse().expect("a number");
            Ok(text.to_bits())
        }
        UnaryOp::SiNarrowChk => in_range(i128::from(signed), bits),
        UnaryOp::UiNarrowChk if i128::from(word) >= 1 << bits => Err(TrapKind::Overflow),
        UnaryOp::UiNarrowChk => {
            let half = 1_i128 << (bits - 1);
            let value = i128::from(word);
            Ok((if value >= half { value - 2 * half } else { value }) as i64 as u64)
        }
        UnaryOp::Trunc1 => Ok(u64::from(!word.is_multiple_of(2))),
        UnaryOp::Zext1 => Ok(word),
        other => panic!("{other:?} is not a cast"),
    }
}

/// As the IL's text writes it.
fn literal(ty: &str, word: u64) -> String {
    let float = f64::from_bits(word);
    match ty {
        "f64" if float.is_nan() => "NaN".into(),
        "f64" if float.is_infinite() => {
            if float > 0.0 {
                "Inf".into()
            } else {
                "-Inf".into()
            }
        }
        "f64" => format!("{float:?}"),
        _ => (word as i64).to_string(),
    }
}

/// Runs `op` with each mixture of literal and computed operands; all must give the same.
fn machine(op: &str, params: &[(&str, u64)], result: &str) -> Gives {
    let mut seen: Option<Gives> = None;
    for mixture in 0..1_u32 << params.len() {
        // Through memory, so that no part of the machine can know the value beforehand.
        let (mut before, mut operands) = (String::new(), vec![]);
        for (nth, (ty, word)) in params.iter().enumerate() {
            if mixture >> nth & 1 == 0 {
                operands.push(literal(ty, *word));
                continue;
            }
            before += &format!(
                "  %p{nth} = alloca 8\n  store {ty}, %p{nth}, {}\n  %v{nth} = load {ty}, %p{nth}\n",
                literal(ty, *word)
            );
            operands.push(format!("%v{nth}"));
        }
        // Compares take their type from an operand that has one.
        if op.contains("cmp_") && mixture == 0 {
            continue;
        }
        let body = format!(
            "func @main() -> i64 {{\nentry:\n{before}  %r:{result} = {op} {}\n  %at = alloca 8\n  \
             store {result}, %at, %r\n  %word = load i64, %at\n  ret %word\n}}\n",
            operands.join(", ")
        );
        let (finished, _) = run(&body);
        let gives = finished.result.map(|word| word as u64).map_err(|trap| trap.kind);
        let canonical = |gives: Gives| match gives {
            Ok(word) if result == "f64" && f64::from_bits(word).is_nan() => Ok(f64::NAN.to_bits()),
            other => other,
        };
        let gives = canonical(gives);
        assert!(seen.is_none_or(|seen| seen == gives), "{seen:?} and {gives:?} of\n{body}");
        seen = Some(gives);
    }
    seen.expect("at least one mixture")
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn integer_operations() -> Vec<BinaryOp> {
    let is_float = |op: &BinaryOp| op.takes() == Rule::Is(Type::F64);
    BinaryOp::ALL.iter().copied().filter(|op| !is_float(op)).collect()
}

proptest! {
    #![proptest_config(config(1200))]

    #[test]
    fn integer_operations_give_what_arithmetic_gives(
        op in proptest::sample::select(integer_operations()),
        (width, a, b) in proptest::sample::select(WIDTHS)
            .prop_flat_map(|width| (Just(width), integers(width.1), integers(width.1))),
        (wide_a, wide_b) in (integers(64), integers(64)),
    ) {
        // Those of one width only take 64 bits.
        let ((ty, bits), a, b) =
            if op.takes() == Rule::Is(Type::I64) { (("i64", 64), wide_a, wide_b) } else { (width, a, b) };
        let result = if op.gives() == Rule::Is(Type::I1) { "i1" } else { ty };
        let gives = machine(op.name(), &[(ty, a as u64), (ty, b as u64)], result);
        prop_assert_eq!(gives, integer_oracle(op, bits, a, b), "{} {} {}, {}", op.name(), ty, a, b);
    }

    #[test]
    fn float_operations_give_what_ieee_gives(
        op in proptest::sample::select(
            BinaryOp::ALL.iter().copied().filter(|op| op.takes() == Rule::Is(Type::F64)).collect::<Vec<_>>()
        ),
        a in floats(),
        b in floats(),
    ) {
        let result = if op.gives() == Rule::Is(Type::I1) { "i1" } else { "f64" };
        let gives = machine(op.name(), &[("f64", a.to_bits()), ("f64", b.to_bits())], result);
        let expected = float_oracle(op, a, b).map(|word| {
            let is_nan = result == "f64" && f64::from_bits(word).is_nan();
            if is_nan { f64::NAN.to_bits() } else { word }
        });
        prop_assert_eq!(gives, expected, "{} {:?}, {:?}", op.name(), a, b);
    }

    #[test]
    fn casts_give_the_nearest_value_or_trap(
        op in proptest::sample::select(
            UnaryOp::ALL.iter().copied().filter(|op| op.takes() != Rule::Is(Type::Error)).collect::<Vec<_>>()
        ),
        narrow in proptest::sample::select(&WIDTHS[..2]),
        integer in prop_oneof![integers(64), integers(32), integers(16), 0..=0x1_0000_0000_i64],
        float in floats(),
        bit in 0..=1_u64,
    ) {
        let (param, word) = match op.takes() {
            Rule::Is(Type::F64) => ("f64", float.to_bits()),
            Rule::Is(Type::I1) => ("i1", bit),
            _ => ("i64", integer as u64),
        };
        let (result, bits) = match op.gives() {
            Rule::Narrow => narrow,
            Rule::Is(Type::F64) => ("f64", 64),
            Rule::Is(Type::I1) => ("i1", 1),
            _ => ("i64", 64),
        };
        let gives = machine(op.name(), &[(param, word)], result);
        prop_assert_eq!(gives, cast_oracle(op, bits, word), "{} {} {}", op.name(), param, literal(param, word));
    }

    #[test]
    fn read_modify_writes_give_the_old_word_and_leave_the_new_one(
        op in proptest::sample::select(vec!["add", "sub", "and", "or", "xor", "xchg", "min", "max"]),
        order in proptest::sample::select(vec!["relaxed", "acquire", "release", "acq_rel", "seq_cst"]),
        old in integers(64),
        operand in integers(64),
    ) {
        let body = format!(
            "global i64 @cell = {old}\nfunc @main() -> i64 {{\nentry:\n  %at = gaddr @cell\n  \
             %old = atomic.rmw {op} i64, %at, {operand}, {order}\n  \
             call @Viper.Terminal.SayInt(%old)\n  %new = load i64, %at\n  ret %new\n}}\n"
        );
        let (finished, output) = run(&body);
        let (a, b) = (i128::from(old), i128::from(operand));
        let expected = match op {
            "add" => (a + b) as i64,
            "sub" => (a - b) as i64,
            "and" => integer_oracle(BinaryOp::And, 64, old, operand).unwrap() as i64,
            "or" => integer_oracle(BinaryOp::Or, 64, old, operand).unwrap() as i64,
            "xor" => integer_oracle(BinaryOp::Xor, 64, old, operand).unwrap() as i64,
            "xchg" => operand,
            "min" => if a < b { old } else { operand },
            _ => if a > b { old } else { operand },
        };
        prop_assert_eq!(finished.result.map_err(|trap| trap.kind), Ok(expected));
        prop_assert_eq!(output, format!("{old}\n"));
    }
}

#[test]
fn an_index_is_checked_against_both_bounds_and_counted_from_the_lower() {
    let (min, max) = (i64::MIN, i64::MAX);
    for (index, low, high, gives) in [
        (0, 0, 10, Some(0)),
        (9, 0, 10, Some(9)),
        (10, 0, 10, None),
        (-1, 0, 10, None),
        (5, 5, 5, None),
        (7, 5, 9, Some(2)),
        (max, min, max, None),
        (max - 1, min, max, Some(-2)),
        (0, 10, 0, None),
    ] {
        let body = format!(
            "func @main() -> i64 {{\nentry:\n  %r = idx.chk {index}, {low}, {high}\n  ret %r\n}}\n"
        );
        let result = run(&body).0.result.map_err(|trap| trap.kind);
        assert_eq!(result, gives.ok_or(TrapKind::Bounds), "{index} in {low}..{high}");
    }
}
