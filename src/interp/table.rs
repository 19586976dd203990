//! The instruction set: one table, each instruction's meaning written once.
//!
//! A row gives the instruction's name, its operands and its meaning in safe code over any
//! [`Machine`](super::Machine). The first group needs [`Registers`](super::Registers) alone: these
//! are what the fast machine has handlers for. Everything else about the instruction set is made
//! from the rows: the [`Op`] type, the safe machine's `step`, the fast machine's handlers and the
//! table in docs/LANGUAGE.md.
//!
//! Operand letters: `d` the register written; `a`, `b`, `c` registers read; `w` the first register
//! of a call's window; `k` an immediate; `to` a branch distance in instructions, counted from the
//! next one; `p` an index into one of the code's side tables; `n` a number of registers, or of places;
//! `x` an extern; `g` a module global; `o`, `q` memory orders; `r` a read-modify-write; `e` a field of an
//! error.
#![allow(clippy::float_cmp, reason = "the guest asked for exactly that")]

use std::hint::cold_path;

use super::machine::{Field, Machine};
use super::trap::TrapKind;
use super::{Exit, Host, Register, Stop, allocation, memory};
use crate::il::{MemoryOrder, RmwOp};

/// Calls `$with!` with the two groups of the table: name, operands, `|machine|` meaning.
macro_rules! instructions {
    ($with:ident) => {
        $with! { {
            /// `d = k`
            Const { d: Register, k: i32 } |m| m.put(d, i64::from(k));
            /// `d = constants[p]`
            ConstX { d: Register, p: u32 } |m| { let word = m.constant(p); m.set(d, word) };
            /// `d = a`
            Mov { d: Register, a: Register } |m| { let word = m.get(a); m.set(d, word) };
            /// `d = c != 0 ? a : b`
            Select { d: Register, c: Register, a: Register, b: Register } |m| {
                let word = if m.get(c) != 0 { m.get(a) } else { m.get(b) };
                m.set(d, word);
            };

            /// `d = a + b`, signed; traps `overflow`.
            Add { d: Register, a: Register, b: Register } |m| m.put_checked(d, m.int(a).checked_add(m.int(b)))?;
            /// `d = a - b`, signed; traps `overflow`.
            Sub { d: Register, a: Register, b: Register } |m| m.put_checked(d, m.int(a).checked_sub(m.int(b)))?;
            /// `d = a * b`, signed; traps `overflow`.
            Mul { d: Register, a: Register, b: Register } |m| m.put_checked(d, m.int(a).checked_mul(m.int(b)))?;
            /// `d = a / b`, signed, towards zero; traps `divide-by-zero`, `overflow`.
            Div { d: Register, a: Register, b: Register } |m| m.put_checked(d, m.int(a).checked_div(divisor(m.int(b))?))?;
            /// `d = a % b`, signed, the sign of `a`; traps `divide-by-zero`.
            Rem { d: Register, a: Register, b: Register } |m| m.put(d, m.int(a).wrapping_rem(divisor(m.int(b))?));
            /// `d = a / b`, unsigned; traps `divide-by-zero`.
            UDiv { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a) / divisor(m.int(b))? as u64);
            /// `d = a % b`, unsigned; traps `divide-by-zero`.
            URem { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a) % divisor(m.int(b))? as u64);
            /// `d = a + b`, wrapping.
            WAdd { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a).wrapping_add(m.get(b)));
            /// `d = a - b`, wrapping.
            WSub { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a).wrapping_sub(m.get(b)));
            /// `d = a * b`, wrapping.
            WMul { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a).wrapping_mul(m.get(b)));
            /// `d = a & b`
            And { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a) & m.get(b));
            /// `d = a | b`
            Or { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a) | m.get(b));
            /// `d = a ^ b`
            Xor { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a) ^ m.get(b));
            /// `d = a << (b mod 64)`
            Shl { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a).wrapping_shl(m.get(b) as u32));
            /// `d = a >> (b mod 64)`, zeros shifted in.
            LShr { d: Register, a: Register, b: Register } |m| m.set(d, m.get(a).wrapping_shr(m.get(b) as u32));
            /// `d = a >> (b mod 64)`, the sign shifted in.
            AShr { d: Register, a: Register, b: Register } |m| m.put(d, m.int(a).wrapping_shr(m.get(b) as u32));

            /// `d = a + k`, signed; traps `overflow`.
            AddK { d: Register, a: Register, k: i32 } |m| m.put_checked(d, m.int(a).checked_add(i64::from(k)))?;
            /// `d = a * k`, signed; traps `overflow`.
            MulK { d: Register, a: Register, k: i32 } |m| m.put_checked(d, m.int(a).checked_mul(i64::from(k)))?;
            /// `d = a / k`, signed, towards zero; `k` is neither 0 nor -1.
            DivK { d: Register, a: Register, k: i32 } |m| m.put_checked(d, m.int(a).checked_div(i64::from(k)))?;
            /// `d = a % k`, signed, the sign of `a`; `k` is neither 0 nor -1.
            RemK { d: Register, a: Register, k: i32 } |m| m.put_checked(d, m.int(a).checked_rem(i64::from(k)))?;
            /// `d = a + k`, wrapping.
            WAddK { d: Register, a: Register, k: i32 } |m| m.put(d, m.int(a).wrapping_add(i64::from(k)));
            /// `d = a * k`, wrapping.
            WMulK { d: Register, a: Register, k: i32 } |m| m.put(d, m.int(a).wrapping_mul(i64::from(k)));
            /// `d = a & k`
            AndK { d: Register, a: Register, k: i32 } |m| m.put(d, m.int(a) & i64::from(k));
            /// `d = a | k`
            OrK { d: Register, a: Register, k: i32 } |m| m.put(d, m.int(a) | i64::from(k));
            /// `d = a ^ k`
            XorK { d: Register, a: Register, k: i32 } |m| m.put(d, m.int(a) ^ i64::from(k));
            /// `d = a << (k mod 64)`
            ShlK { d: Register, a: Register, k: u8 } |m| m.set(d, m.get(a).wrapping_shl(u32::from(k)));
            /// `d = a >> (k mod 64)`, zeros shifted in.
            LShrK { d: Register, a: Register, k: u8 } |m| m.set(d, m.get(a).wrapping_shr(u32::from(k)));
            /// `d = a >> (k mod 64)`, the sign shifted in.
            AShrK { d: Register, a: Register, k: u8 } |m| m.put(d, m.int(a).wrapping_shr(u32::from(k)));

            /// `d = a + b`, floats.
            FAdd { d: Register, a: Register, b: Register } |m| m.put_float(d, m.float(a) + m.float(b));
            /// `d = a - b`, floats.
            FSub { d: Register, a: Register, b: Register } |m| m.put_float(d, m.float(a) - m.float(b));
            /// `d = a * b`, floats.
            FMul { d: Register, a: Register, b: Register } |m| m.put_float(d, m.float(a) * m.float(b));
            /// `d = a / b`, floats.
            FDiv { d: Register, a: Register, b: Register } |m| m.put_float(d, m.float(a) / m.float(b));
            /// `d = c + a * b`, floats, rounded twice.
            FMulAdd { d: Register, c: Register, a: Register, b: Register } |m| m.put_float(d, m.float(c) + m.float(a) * m.float(b));
            /// `d = c - a * b`, floats, rounded twice.
            FMulSub { d: Register, c: Register, a: Register, b: Register } |m| m.put_float(d, m.float(c) - m.float(a) * m.float(b));

            /// `d = a == b`
            Eq { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.get(a) == m.get(b));
            /// `d = a != b`
            Ne { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.get(a) != m.get(b));
            /// `d = a < b`, signed.
            Lt { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.int(a) < m.int(b));
            /// `d = a <= b`, signed.
            Le { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.int(a) <= m.int(b));
            /// `d = a < b`, unsigned.
            ULt { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.get(a) < m.get(b));
            /// `d = a <= b`, unsigned.
            ULe { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.get(a) <= m.get(b));
            /// `d = a == k`
            EqK { d: Register, a: Register, k: i32 } |m| m.put_bool(d, m.int(a) == i64::from(k));
            /// `d = a != k`
            NeK { d: Register, a: Register, k: i32 } |m| m.put_bool(d, m.int(a) != i64::from(k));
            /// `d = a < k`, signed.
            LtK { d: Register, a: Register, k: i32 } |m| m.put_bool(d, m.int(a) < i64::from(k));
            /// `d = a > k`, signed.
            GtK { d: Register, a: Register, k: i32 } |m| m.put_bool(d, m.int(a) > i64::from(k));
            /// `d = a == b`, floats; false with a NaN.
            FEq { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.float(a) == m.float(b));
            /// `d = a != b`, floats; true with a NaN.
            FNe { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.float(a) != m.float(b));
            /// `d = a < b`, floats.
            FLt { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.float(a) < m.float(b));
            /// `d = a <= b`, floats.
            FLe { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.float(a) <= m.float(b));
            /// `d = neither a nor b is a NaN`
            FOrd { d: Register, a: Register, b: Register } |m| m.put_bool(d, !m.float(a).is_nan() && !m.float(b).is_nan());
            /// `d = a or b is a NaN`
            FUno { d: Register, a: Register, b: Register } |m| m.put_bool(d, m.float(a).is_nan() || m.float(b).is_nan());

            /// `d = a` as a float, from signed.
            IToF { d: Register, a: Register } |m| m.put_float(d, m.int(a) as f64);
            /// `d = a` as a float, from unsigned.
            UToF { d: Register, a: Register } |m| m.put_float(d, m.get(a) as f64);
            /// `d = a` as a signed integer, ties to even; traps `overflow` on NaN and out of range.
            FToI { d: Register, a: Register } |m| m.put_checked(d, float_to_int(round_ties_even(m.float(a))))?;
            /// `d = a` as an unsigned integer, ties to even; traps `overflow` on NaN and out of range.
            FToU { d: Register, a: Register } |m| m.put_checked(d, float_to_unsigned(round_ties_even(m.float(a))))?;
            /// `d = a` as a signed integer, towards zero; traps `overflow` on NaN and out of range.
            FTrunc { d: Register, a: Register } |m| m.put_checked(d, float_to_int(m.float(a)))?;
            /// `d = a`; traps `overflow` unless `a` fits `k` bits, signed.
            Narrow { d: Register, a: Register, k: u8 } |m| {
                let value = m.int(a);
                m.put_checked(d, (sign_extend(value, k) == value).then_some(value))?
            };
            /// `d = a` sign-extended from `k` bits; traps `overflow` unless `a` fits `k` bits, unsigned.
            UNarrow { d: Register, a: Register, k: u8 } |m| {
                let value = m.int(a);
                m.put_checked(d, (value as u64 >> k == 0).then_some(sign_extend(value, k)))?
            };
            /// `d = the low k bits of a, sign-extended`
            Extend { d: Register, a: Register, k: u8 } |m| m.put(d, sign_extend(m.int(a), k));
            /// `d = a & 1`
            Bit { d: Register, a: Register } |m| m.set(d, m.get(a) & 1);
            /// `d = a - b`; traps `bounds` unless `b <= a < c`.
            Index { d: Register, a: Register, b: Register, c: Register } |m| {
                let (index, low, high) = (m.int(a), m.int(b), m.int(c));
                if index < low || index >= high {
                    return Err(Stop::Trap(TrapKind::Bounds).into());
                }
                m.put(d, index.wrapping_sub(low));
            };

            /// Goes on at `to`.
            Jmp { to: i32 } |m| m.jump(to);
            /// Goes on at `to`: a step. For branches that do not go ahead, and those that count as such.
            JmpBack { to: i32 } |m| m.repeat(true, to)?;
            /// Goes on at `to` if `a`.
            JT { a: Register, to: i32 } |m| m.branch(m.get(a) != 0, to);
            /// Goes on at `to` unless `a`.
            JF { a: Register, to: i32 } |m| m.branch(m.get(a) == 0, to);
            /// Goes on at `to` if `a == b`.
            Jeq { a: Register, b: Register, to: i32 } |m| m.branch(m.get(a) == m.get(b), to);
            /// Goes on at `to` if `a != b`.
            Jne { a: Register, b: Register, to: i32 } |m| m.branch(m.get(a) != m.get(b), to);
            /// Goes on at `to` if `a < b`, signed.
            Jlt { a: Register, b: Register, to: i32 } |m| m.branch(m.int(a) < m.int(b), to);
            /// Goes on at `to` if `a <= b`, signed.
            Jle { a: Register, b: Register, to: i32 } |m| m.branch(m.int(a) <= m.int(b), to);
            /// Goes on at `to` if `a < b`, unsigned.
            Jult { a: Register, b: Register, to: i32 } |m| m.branch(m.get(a) < m.get(b), to);
            /// Goes on at `to` if `a <= b`, unsigned.
            Jule { a: Register, b: Register, to: i32 } |m| m.branch(m.get(a) <= m.get(b), to);
            /// Goes on at `to` if `a == k`.
            JeqK { a: Register, k: i16, to: i32 } |m| m.branch(m.int(a) == i64::from(k), to);
            /// Goes on at `to` if `a != k`.
            JneK { a: Register, k: i16, to: i32 } |m| m.branch(m.int(a) != i64::from(k), to);
            /// Goes on at `to` if `a < k`, signed.
            JltK { a: Register, k: i16, to: i32 } |m| m.branch(m.int(a) < i64::from(k), to);
            /// Goes on at `to` if `a > k`, signed.
            JgtK { a: Register, k: i16, to: i32 } |m| m.branch(m.int(a) > i64::from(k), to);
            /// Goes on at `to`, which is not ahead, if `a`: a step.
            JTBack { a: Register, to: i32 } |m| m.repeat(m.get(a) != 0, to)?;
            /// Goes on at `to`, which is not ahead, unless `a`: a step.
            JFBack { a: Register, to: i32 } |m| m.repeat(m.get(a) == 0, to)?;
            /// Goes on at `to`, which is not ahead, if `a == b`: a step.
            JeqBack { a: Register, b: Register, to: i32 } |m| m.repeat(m.get(a) == m.get(b), to)?;
            /// Goes on at `to`, which is not ahead, if `a != b`: a step.
            JneBack { a: Register, b: Register, to: i32 } |m| m.repeat(m.get(a) != m.get(b), to)?;
            /// Goes on at `to`, which is not ahead, if `a < b`, signed: a step.
            JltBack { a: Register, b: Register, to: i32 } |m| m.repeat(m.int(a) < m.int(b), to)?;
            /// Goes on at `to`, which is not ahead, if `a <= b`, signed: a step.
            JleBack { a: Register, b: Register, to: i32 } |m| m.repeat(m.int(a) <= m.int(b), to)?;
            /// Goes on at `to`, which is not ahead, if `a < b`, unsigned: a step.
            JultBack { a: Register, b: Register, to: i32 } |m| m.repeat(m.get(a) < m.get(b), to)?;
            /// Goes on at `to`, which is not ahead, if `a <= b`, unsigned: a step.
            JuleBack { a: Register, b: Register, to: i32 } |m| m.repeat(m.get(a) <= m.get(b), to)?;
            /// Goes on at `to`, which is not ahead, if `a == k`: a step.
            JeqKBack { a: Register, k: i16, to: i32 } |m| m.repeat(m.int(a) == i64::from(k), to)?;
            /// Goes on at `to`, which is not ahead, if `a != k`: a step.
            JneKBack { a: Register, k: i16, to: i32 } |m| m.repeat(m.int(a) != i64::from(k), to)?;
            /// Goes on at `to`, which is not ahead, if `a < k`, signed: a step.
            JltKBack { a: Register, k: i16, to: i32 } |m| m.repeat(m.int(a) < i64::from(k), to)?;
            /// Goes on at `to`, which is not ahead, if `a > k`, signed: a step.
            JgtKBack { a: Register, k: i16, to: i32 } |m| m.repeat(m.int(a) > i64::from(k), to)?;
            /// `a = a + k`, signed, then goes on at `to`, which is not ahead, if `a < b`: a step; traps `overflow`.
            IncJlt { a: Register, b: Register, k: i8, to: i32 } |m| {
                m.put_checked(a, m.int(a).checked_add(i64::from(k)))?;
                m.repeat(m.int(a) < m.int(b), to)?
            };
            /// `a = a + k`, signed, then goes on at `to`, which is not ahead, if `a <= b`: a step; traps `overflow`.
            IncJle { a: Register, b: Register, k: i8, to: i32 } |m| {
                m.put_checked(a, m.int(a).checked_add(i64::from(k)))?;
                m.repeat(m.int(a) <= m.int(b), to)?
            };
            /// `a = a + 1`, signed, then goes on at `to`, which is not ahead, if `a < k`: a step; traps `overflow`.
            IncJltK { a: Register, k: i16, to: i32 } |m| {
                m.put_checked(a, m.int(a).checked_add(1))?;
                m.repeat(m.int(a) < i64::from(k), to)?
            };
            /// `a = a + k`, wrapping, then goes on at `to`, which is not ahead, if `a < b`, unsigned: a step.
            WIncJult { a: Register, b: Register, k: i8, to: i32 } |m| {
                m.put(a, m.int(a).wrapping_add(i64::from(k)));
                m.repeat(m.get(a) < m.get(b), to)?
            };
            /// Goes on at one of the next `n + 1` instructions: at the first, or, if `a - k` is one of
            /// the numbers below `n`, so many behind it and one.
            Switch { a: Register, n: u16, k: i32 } |m| { let to = place(m.int(a), n, k); m.jump(to) };
            /// Calls the function at `to`, whose frame has `n` registers and begins at `w`: a step.
            Call { w: Register, n: u8, to: i32 } |m| { m.enter(w, n, to)?; m.step_done()? };
            /// Returns `a`.
            Ret { a: Register } |m| { let word = m.get(a); m.leave(word)? };
            /// Returns `k`, which stands for nothing where the function has no result.
            RetK { k: i32 } |m| m.leave(i64::from(k) as u64)?;
            /// `d = the cell at address a + k`; traps `null-pointer`, `misaligned`, `invalid-cast`, `bounds`.
            Load { d: Register, a: Register, k: i32 } |m| { let word = m.load(m.offset(a, k))?; m.set(d, word) };
            /// `d = the cell at address a + 8 * b`; traps as `Load` does.
            LoadX { d: Register, a: Register, b: Register } |m| { let word = m.load(m.indexed(a, b))?; m.set(d, word) };
            /// `d = the cell at address a + k, as an i32`; traps as `Load` does.
            LoadI32 { d: Register, a: Register, k: i32 } |m| { let word = m.load(m.offset(a, k))?; m.put(d, i64::from(word as i32)) };
            /// `d = the cell at address a + 8 * b, as an i32`; traps as `Load` does.
            LoadXI32 { d: Register, a: Register, b: Register } |m| { let word = m.load(m.indexed(a, b))?; m.put(d, i64::from(word as i32)) };
            /// `d = global g`
            LoadGlobal { d: Register, g: u32 } |m| { let word = m.load_global(g)?; m.set(d, word) };
            /// `global g = a`
            StoreGlobal { a: Register, g: u32 } |m| { let word = m.get(a); m.store_global(g, word)? };
            /// `the cell at address a + k = b`; traps as `Load` does.
            Store { a: Register, b: Register, k: i32 } |m| { let (at, word) = (m.offset(a, k), m.get(b)); m.store(at, word)? };
            /// `the cell at address a + 8 * b = c`; traps as `Load` does.
            StoreX { a: Register, b: Register, c: Register } |m| { let (at, word) = (m.indexed(a, b), m.get(c)); m.store(at, word)? };
        } {
            /// Calls the function whose address is in `a`, if its signature is `signatures[p]`; traps
            /// `null-pointer`, `invalid-operation`. A step.
            CallIndirect { w: Register, a: Register, p: u32 } |m| {
                let (n, to) = m.indirect(m.get(a), p)?;
                m.enter(w, n, to)?;
                m.step_done()?
            };
            /// Calls extern `x` with the `n` registers from `w` on; the result is in `w`.
            CallExtern { w: Register, n: u8, x: u16 } |m| m.call_extern(w, n, x)?;
            /// `d = the cell at address a`, atomically, with order `o`; traps as `Load` does.
            AtomicLoad { d: Register, a: Register, o: MemoryOrder } |m| {
                let at = m.get(a);
                let word = memory::atomic_load(m.host(), at, o)?;
                m.set(d, word)
            };
            /// `the cell at address a = b`, atomically, with order `o`; traps as `Load` does.
            AtomicStore { a: Register, b: Register, o: MemoryOrder } |m| {
                let (at, word) = (m.get(a), m.get(b));
                memory::atomic_store(m.host(), at, word, o)?
            };
            /// `d = the cell at address a; the cell = r(d, b)`, in one step, with order `o`; traps as `Load` does.
            AtomicRmw { d: Register, a: Register, b: Register, r: RmwOp, o: MemoryOrder } |m| {
                let (at, word) = (m.get(a), m.get(b));
                let old = memory::atomic_rmw(m.host(), at, r, word, o)?;
                m.set(d, old)
            };
            /// `d = the cell at address a; if d == b then the cell = c`, in one step, with order `o`
            /// if it stored, else `q`; traps as `Load` does.
            AtomicCas { d: Register, a: Register, b: Register, c: Register, o: MemoryOrder, q: MemoryOrder } |m| {
                let (at, expected, desired) = (m.get(a), m.get(b), m.get(c));
                let old = memory::atomic_cas(m.host(), at, expected, desired, o, q)?;
                m.set(d, old)
            };
            /// As `AtomicCas` on a pointer of checked code, which is equal to `b` if its address is.
            PtrCas { d: Register, a: Register, b: Register, c: Register, o: MemoryOrder, q: MemoryOrder } |m| {
                let (at, expected, desired) = (m.get(a), m.get(b), m.get(c));
                let old = memory::atomic_cas_pointer(m.host(), at, expected, desired, o, q)?;
                m.set(d, old)
            };
            /// `d = the address b bytes from address a`, which knows its allocation.
            PtrAdd { d: Register, a: Register, b: Register } |m| m.set(d, allocation::offset(m.get(a), m.int(b)));
            /// `d = a and b are one address`
            PtrEq { d: Register, a: Register, b: Register } |m| m.put_bool(d, allocation::are_equal(m.get(a), m.get(b)));
            /// `d = a and b are two addresses`
            PtrNe { d: Register, a: Register, b: Register } |m| m.put_bool(d, !allocation::are_equal(m.get(a), m.get(b)));
            /// `d = address a lies below address b`; traps `unrelated-pointers`.
            PtrLt { d: Register, a: Register, b: Register } |m| {
                let (one, other) = (m.get(a), m.get(b));
                let is_below = memory::is_before(m.host(), one, other, false)?;
                m.put_bool(d, is_below)
            };
            /// `d = address a lies below address b or is it`; traps `unrelated-pointers`.
            PtrLe { d: Register, a: Register, b: Register } |m| {
                let (one, other) = (m.get(a), m.get(b));
                let is_not_above = memory::is_before(m.host(), one, other, true)?;
                m.put_bool(d, is_not_above)
            };
            /// A fence with order `o`.
            Fence { o: MemoryOrder } |m| m.host().fence(o)?;
            /// `d = the address of a zeroed bytes`, which live until `Release`; traps `domain-error`
            /// on a negative size, `out-of-memory`.
            Alloca { d: Register, a: Register } |m| { let at = m.alloca(m.int(a))?; m.set(d, at) };
            /// `d = the mark of the thread's stack memory`
            Mark { d: Register } |m| { let mark = m.mark(); m.set(d, mark) };
            /// Frees what was allocated since mark `a`.
            Release { a: Register } |m| { let mark = m.get(a); m.release(mark) };

            /// Pushes a handler: on a trap, `d = the error`, `a = the resume token`, go on at `to`; traps
            /// `stack-overflow`.
            Guard { d: Register, a: Register, to: i32 } |m| m.push_handler(d, a, to)?;
            /// Pops this function's newest handler; traps `invalid-operation` if it has none.
            Unguard {} |m| m.pop_handler()?;
            /// Pops all handlers of this function.
            UnguardAll {} |m| m.pop_handlers();
            /// Repeats the instruction that trapped; traps `invalid-operation` on a null token.
            ResumeSame { a: Register } |m| { let token = m.get(a); m.resume_same(token)? };
            /// Goes on after the instruction that trapped, its result being 0; traps
            /// `invalid-operation` on a null token and when nothing follows.
            ResumeNext { a: Register } |m| { let token = m.get(a); m.resume_next(token)? };
            /// Traps `invalid-operation` if the resume token `a` is null.
            Token { a: Register } |m| if m.get(a) == 0 {
                return Err(Stop::Trap(TrapKind::InvalidOperation).into());
            };
            /// Traps with the kind of number `k`.
            Trap { k: u8 } |m| { let _ = &m; return Err(Stop::Trap(TrapKind::from_number(i64::from(k))).into()) };
            /// Traps with the kind that belongs to the runtime's error code `a`.
            TrapCode { a: Register } |m| {
                let code = m.int(a);
                m.keep_code(code);
                return Err(Stop::Trap(kind_of_code(code)).into());
            };
            /// `d = an error of kind a with message b`
            MakeError { d: Register, a: Register, b: Register } |m| {
                let (kind, message) = (m.int(a), m.get(b));
                let error = m.make_error(kind, message)?;
                m.set(d, error)
            };
            /// `d = field e of error a`; traps `null-pointer` on a null error.
            ErrorField { d: Register, a: Register, e: Field } |m| {
                let error = m.get(a);
                let word = m.error_field(error, e)?;
                m.set(d, word)
            };
            /// `d = the number of the newest trap that this thread caught`; -1 before the first.
            CaughtKind { d: Register } |m| { let kind = m.caught_kind(); m.put(d, kind) };
        } }
    };
}

pub(super) use instructions;

/// Declares [`Op`] from the table.
macro_rules! declare {
    ($({
        $( $(#[doc = $doc:literal])* $op:ident { $($field:ident: $ty:ty),* } |$m:ident| $body:expr; )*
    })*) => {
        /// An instruction: 8 bytes, registers as `u8`, branch targets as `i32`.
        #[allow(missing_docs, reason = "the operand letters are explained at the top of the module")]
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum Op {
            $($( $(#[doc = $doc])* $op { $($field: $ty),* }, )*)*
        }

        impl Op {
            /// The operands by their letters.
            pub fn operands(self) -> Vec<(&'static str, Operand)> {
                match self {
                    $($( Op::$op { $($field),* } => vec![ $((stringify!($field), $field.into())),* ], )*)*
                }
            }
        }

        /// The table as text, for docs/LANGUAGE.md: name, operands, meaning.
        pub const DESCRIPTIONS: &[Description] = &[
            $($( Description {
                name: stringify!($op),
                operands: &[ $(stringify!($field)),* ],
                meaning: &[ $($doc),* ],
            }, )*)*
        ];

        /// Carries out one instruction on `machine`.
        #[inline(always)]
        pub(super) fn step<M: Machine>(machine: &mut M, op: Op) -> Result<(), Exit> {
            match op {
                $($( Op::$op { $($field),* } => { let $m = machine; $body; } )*)*
            }
            Ok(())
        }
    };
}

instructions!(declare);

const _: () = assert!(size_of::<Op>() == 8, "the fast machine's encoding rests on this");

/// An operand, whatever its type in the instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A register, an immediate, a distance or an index: the letter says which.
    Number(i64),
    /// A memory order.
    Order(MemoryOrder),
    /// What a read-modify-write does.
    Rmw(RmwOp),
    /// A field of an error.
    Field(Field),
}

macro_rules! numbers {
    ($($ty:ty)*) => {
        $( impl From<$ty> for Operand {
            fn from(number: $ty) -> Self {
                Operand::Number(number.into())
            }
        } )*
    };
}
numbers!(u8 i8 u16 i16 u32 i32);

impl From<MemoryOrder> for Operand {
    fn from(order: MemoryOrder) -> Self {
        Operand::Order(order)
    }
}

impl From<RmwOp> for Operand {
    fn from(op: RmwOp) -> Self {
        Operand::Rmw(op)
    }
}

impl From<Field> for Operand {
    fn from(field: Field) -> Self {
        Operand::Field(field)
    }
}

/// One row of the table as text.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The instruction's name.
    pub name: &'static str,
    /// Its operand letters.
    pub operands: &'static [&'static str],
    /// Its meaning, line by line, each with a leading space.
    pub meaning: &'static [&'static str],
}

pub(super) fn divisor(value: i64) -> Result<i64, Stop> {
    if value == 0 { Err(Stop::Trap(TrapKind::DivideByZero)) } else { Ok(value) }
}

/// The distance of a switch over `n` values from `k` on.
#[inline(always)]
pub(super) fn place(value: i64, n: u16, k: i32) -> i32 {
    let place = value.wrapping_sub(i64::from(k)) as u64;
    if place < u64::from(n) {
        place as i32 + 1
    } else {
        // Nothing that the processor should wait for.
        cold_path();
        0
    }
}

pub(super) fn sign_extend(value: i64, bits: u8) -> i64 {
    let unused = 64 - u32::from(bits);
    value << unused >> unused
}

/// As [`f64::round_ties_even`], which is a call where the processor cannot round: above 2^52 floats
/// are integers, so a sum that large is rounded as every sum is, to nearest and even.
#[inline(always)]
pub(super) fn round_ties_even(value: f64) -> f64 {
    const INTEGERS: f64 = 4_503_599_627_370_496.0;
    if value.abs() < INTEGERS {
        let far = INTEGERS.copysign(value);
        value + far - far
    } else {
        value
    }
}

/// Towards zero; `None` for NaN and outside `i64`. 2^63 is the first float above the range, and what
/// lies below it is an integer.
pub(super) fn float_to_int(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

/// `None` for NaN and outside `u64`, whose bits are given as an `i64`. A result that rounds to
/// zero is in range.
pub(super) fn float_to_unsigned(value: f64) -> Option<i64> {
    const LIMIT: f64 = 18_446_744_073_709_551_616.0;
    (0.0..LIMIT).contains(&value).then_some(value as u64 as i64)
}

/// Viper's table from its runtime's error codes to trap kinds.
fn kind_of_code(code: i64) -> TrapKind {
    match code {
        1 => TrapKind::FileNotFound,
        2 => TrapKind::Eof,
        3 => TrapKind::IoError,
        4 => TrapKind::Overflow,
        5 => TrapKind::InvalidCast,
        6 => TrapKind::DomainError,
        7 => TrapKind::Bounds,
        8 => TrapKind::InvalidOperation,
        10 => TrapKind::NetworkError,
        _ => TrapKind::RuntimeError,
    }
}
