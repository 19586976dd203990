//! The fast machine: threaded code by sibling calls. All of the interpreter's `unsafe` is here: this
//! file has more than 600 lines because it must not be split.
//!
//! A program's instructions are encoded once as [`Inst`]s: a handler's address and the operation. A
//! handler carries out its instruction and, as its last action, calls the next one's handler with the
//! same five words, which stay in registers of the processor:
//!
//! | word | what |
//! |---|---|
//! | `ip` | the instruction |
//! | `fp` | register 0 of the current frame |
//! | `cx` | the [`Context`]: data that handlers need less often |
//! | `memory` | the first cell of guest memory |
//! | `left` | steps left in the slice |
//!
//! The compiler makes that last call a jump, so a guest that runs for hours takes one native frame. If
//! the compiler does not (builds without optimisation, Miri), [`sibling_calls_jump`] notices, and every
//! instruction returns to a loop instead: this is slower, with the same handlers.
//!
//! Handlers exist for the first group of the instruction table, and are made from the table's own rows.
//! Instructions of the second group are left to the safe machine, and so is an instruction that traps,
//! finds the stack too small, or meets another exceptional case. The safe machine carries out that one
//! instruction on the same [`Guest`]: see [`perform`]. Nothing here can trap.
//!
//! `choice`, which has no `unsafe` code, chooses the handler of each instruction.
//!
//! # Invariants
//! The `unsafe` blocks rely on these invariants:
//! - *closed code* ([`CodeData`](super::CodeData), checked by `verify`): register operands are below the
//!   frame size of their function, and so below [`NEWEST`]; targets lie in their function's code, and
//!   control cannot run off its end; indices point into their tables; a link points after a call.
//! - *frames fit*: `fp` and the frame's registers above it lie within the guest's stack. [`Guest::new`]
//!   makes the first frame fit, and `enter` every other.
//! - *memory lives*: `memory` and `last` describe the slice that the host lends, for as long as the host
//!   is not called. [`perform`] and [`call_host`], which call the host, ask again.
//! - *whole stack*: while handlers run, nothing else touches the guest; the stack is used through one
//!   pointer that [`Context::enter_handlers`] makes anew each time.

#![allow(unsafe_code, reason = "this is the one file of the interpreter that may")]
#![allow(clippy::float_cmp, reason = "the guest asked for exactly that")]
#![allow(clippy::semicolon_if_nothing_returned, reason = "a handler's last call is its result")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "read in place, field by field")]

mod choice;

use std::any::Any;
use std::hint::{assert_unchecked, unreachable_unchecked};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;

use choice::{SWITCH_BY, Threaded, choose};

use super::Register;
use super::guest::{Guest, LINK_STRIDE};
use super::host::{Host, Word};
use super::machine::Registers;
use super::safe::SafeMachine;
use super::table::{
    Op, divisor, float_to_int, float_to_unsigned, instructions, place, round_ties_even, sign_extend,
};
use super::{Cell, Exit, Stop, TrapKind};
use crate::il::MemoryOrder;

/// An executable instruction.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
struct Inst {
    run: Handler,
    op: Op,
}

const _: () = assert!(size_of::<Inst>() as u64 == LINK_STRIDE, "links point into rows of these");

type Ip = *const Inst;
type Fp = *mut u64;
type Cx = *mut Context;
type Cells = *const Word;
type Handler = unsafe extern "C" fn(Ip, Fp, Cx, Cells, u64);
/// Carries out the instruction at the context's `ip`; returns whether the handlers continue. If not,
/// `stop` is set.
type Elsewhere = unsafe fn(Cx) -> bool;

/// The data that handlers need less often than the words that they pass on.
struct Context {
    /// One past the guest's stack.
    limit: *mut u64,
    code: *const Inst,
    /// The number of the last cell.
    last: u64,
    constants: *const u64,
    /// [`perform`] and [`call_host`] for this host.
    perform: Elsewhere,
    call_host: Elsewhere,
    guest: *mut Guest,
    host: *mut (),
    memory: *const Word,
    /// The words of the handlers, while they are not running.
    ip: *const Inst,
    fp: *mut u64,
    left: u64,
    /// Why the handlers stopped.
    stop: Option<Exit>,
    /// The payload of a host function's panic: handlers must not unwind.
    panic: Option<Box<dyn Any + Send>>,
}

/// Runs a guest until it stops, on the memory that the host lends.
pub(super) fn until_stop<H: Host>(guest: &mut Guest, host: &mut H) -> Exit {
    let code = &raw const *guest.code;
    // SAFETY: *same code*: a guest keeps the code that it was made with, and handlers, who have the guest, never replace it.
    let code = unsafe { &*code };
    let threaded = code.prepared.get_or_make(|| Threaded::new(&code.ops));
    guest.rebase(threaded.code.as_ptr().addr() as u64);
    let mut context = Context {
        constants: code.constants.as_ptr(),
        call_host: call_host::<H>,
        guest,
        host: std::ptr::from_mut(host).cast(),
        ..Context::without_guest(&threaded.code, &mut [], &[], perform::<H>)
    };
    // SAFETY: `guest` and `host` are borrowed for all of this function, and nobody else uses them;
    // `guest` stands at an instruction of `code`, with its frame on its stack.
    unsafe {
        context.enter_handlers::<H>();
        match &threaded.handlers {
            None => context.run_from((*context.ip).run),
            Some(handlers) => {
                while context.stop.is_none() {
                    let at = context.ip.offset_from_unsigned(context.code);
                    context.run_from(handlers[at]);
                }
            }
        }
        context.leave_handlers();
    }
    if let Some(payload) = context.panic {
        resume_unwind(payload);
    }
    context.stop.expect("handlers run until they stop")
}

impl Context {
    /// A context for code without a guest: at its beginning, with a whole stack as its frame.
    /// `elsewhere` gets what handlers leave to others.
    fn without_guest(
        code: &[Inst],
        stack: &mut [u64],
        memory: &[Word],
        elsewhere: Elsewhere,
    ) -> Self {
        let stack = stack.as_mut_ptr_range();
        Context {
            limit: stack.end,
            code: code.as_ptr(),
            last: (memory.len() as u64).saturating_sub(1),
            constants: std::ptr::null(),
            perform: elsewhere,
            call_host: elsewhere,
            guest: std::ptr::null_mut(),
            host: std::ptr::null_mut(),
            memory: memory.as_ptr(),
            ip: code.as_ptr(),
            fp: stack.start,
            left: 0,
            stop: None,
            panic: None,
        }
    }

    /// Hands the guest and the memory over to the handlers.
    ///
    /// # Safety
    /// `guest` and `host`, an `H`, are valid and not used otherwise.
    unsafe fn enter_handlers<H: Host>(&mut self) {
        // SAFETY: the caller's promise.
        let guest = unsafe { &mut *self.guest };
        // SAFETY: the caller's promise.
        unsafe { self.ask_for_memory::<H>() };
        let stack = guest.stack.as_mut_ptr_range();
        self.limit = stack.end;
        // SAFETY: *frames fit*, and *closed code*: a guest at rest stands at an instruction.
        unsafe {
            self.fp = stack.start.add(guest.fp as usize);
            self.ip = self.code.add(guest.pc as usize);
        }
        self.left = u64::from(guest.left);
    }

    /// Gets the memory from the host. Every call of the host invalidates it.
    ///
    /// # Safety
    /// `host`, an `H`, is valid and not used otherwise.
    unsafe fn ask_for_memory<H: Host>(&mut self) {
        // SAFETY: the caller's promise.
        let words = unsafe { (*self.host.cast::<H>()).words() };
        // Without cells every address is out of range.
        (self.memory, self.last) = (words.as_ptr(), (words.len() as u64).saturating_sub(1));
    }

    /// Records the result of code that may have panicked; returns whether the handlers continue.
    fn keep<E: Into<Exit>>(&mut self, result: Result<Result<(), E>, Box<dyn Any + Send>>) -> bool {
        debug_assert!(self.stop.is_none(), "handlers run until they stop");
        match result {
            Ok(Ok(())) => return true,
            Ok(Err(exit)) => self.stop = Some(exit.into()),
            Err(payload) => self.keep_panic(payload),
        }
        false
    }

    #[cold]
    #[inline(never)]
    fn keep_panic(&mut self, payload: Box<dyn Any + Send>) {
        (self.stop, self.panic) = (Some(Exit::Returned), Some(payload));
    }

    /// Hands the guest back, with the state that the handlers left.
    ///
    /// # Safety
    /// `guest` is valid and not used otherwise; the handlers have stopped.
    unsafe fn leave_handlers(&mut self) {
        // SAFETY: the caller's promise.
        let guest = unsafe { &mut *self.guest };
        // SAFETY: `ip` points into the code and `fp` into the stack: *closed code*, *frames fit*.
        unsafe {
            guest.pc = self.ip.offset_from_unsigned(self.code) as u32;
            guest.fp = self.fp.offset_from_unsigned(guest.stack.as_ptr()) as u32;
        }
        guest.left = self.left as u32;
    }

    /// Runs the handlers, beginning with one for the instruction at `ip`.
    ///
    /// # Safety
    /// As the invariants of this module say, after [`enter_handlers`](Self::enter_handlers).
    unsafe fn run_from(&mut self, handler: Handler) {
        // SAFETY: the caller's promise.
        unsafe { handler(self.ip, self.fp, self, self.memory, self.left) }
    }
}

/// Carries out the instruction at `ip` on the safe machine.
///
/// # Safety
/// `context` was made by [`until_stop`] for this `H`; the handlers have stopped.
unsafe fn perform<H: Host>(context: Cx) -> bool {
    // SAFETY: the caller's promise.
    let context = unsafe { &mut *context };
    // SAFETY: the caller's promise; `guest` and `host` are the ones that `until_stop` has.
    unsafe {
        context.leave_handlers();
        let host = &mut *context.host.cast::<H>();
        let mut machine = SafeMachine { guest: &mut *context.guest, host };
        // A panic in there is the host's; its state is passed to the code that catches the panic again.
        let result = catch_unwind(AssertUnwindSafe(|| machine.one()));
        let goes_on = context.keep(result);
        context.enter_handlers::<H>();
        goes_on
    }
}

/// Carries out the instruction at `ip`, a host call, without the detour through the safe machine.
///
/// # Safety
/// As for [`perform`].
unsafe fn call_host<H: Host>(context: Cx) -> bool {
    // SAFETY: the caller's promise. The window is inside the frame: *closed code*. The host has
    // nothing of the guest's stack but this window.
    unsafe {
        let context = &mut *context;
        let Op::CallExtern { w, n, x } = (*context.ip).op else { unreachable_unchecked() };
        context.ip = context.ip.add(1);
        let window = context.fp.add(usize::from(w));
        let window = std::slice::from_raw_parts_mut(window, usize::from(n));
        let host = &mut *context.host.cast::<H>();
        let result = catch_unwind(AssertUnwindSafe(|| host.call_extern(x, window)));
        let goes_on = context.keep(result);
        context.ask_for_memory::<H>();
        goes_on
    }
}

/// A guest thread while handlers run it.
///
/// `TO` is the distance of a short branch, which is then part of the handler: the next instruction's
/// address does not have to wait for a load. 0 stands for any other distance.
///
/// `word` is the word that was written last: the register [`NEWEST`].
struct Running<'c, const TO: i32> {
    ip: *const Inst,
    fp: *mut u64,
    context: &'c Context,
    memory: *const Word,
    left: u64,
    word: u64,
}

/// A second name for the register that was written last. No frame has this register, since frames have
/// at most 255. Read under this name, the word need not come back from memory. An instruction in a chain
/// reads it before it writes anything, since it may be another register's name; and it never writes it.
const NEWEST: Register = Register::MAX;

/// In place of the letter of the operand that is [`NEWEST`]: there is no such operand.
const ALL_IN_FRAME: char = '-';

/// [`Running`] returns this instead of a trap: the safe machine must carry out the instruction.
const NOT_HERE: Stop = Stop::Pause;

impl<const TO: i32> Running<'_, TO> {
    /// The cell with this many cells between null and itself, if it exists.
    #[inline(always)]
    fn word(&self, before: u64) -> Result<&Word, Stop> {
        if before < self.context.last {
            // SAFETY: *memory lives*, and this cell is the last one at most.
            Ok(unsafe { &*self.memory.add(before as usize + 1) })
        } else {
            Err(NOT_HERE)
        }
    }

    /// The cell at an address. A rotation puts the three low bits, which must be zero, above all
    /// others, and null, which is no cell, becomes the largest number.
    #[inline(always)]
    fn at(&self, address: u64) -> Result<&Word, Stop> {
        self.word(address.rotate_right(3).wrapping_sub(1))
    }
}

impl<const TO: i32> Registers for Running<'_, TO> {
    #[inline(always)]
    fn get(&self, r: Register) -> u64 {
        // SAFETY: *closed code*, *frames fit*.
        if r == NEWEST { self.word } else { unsafe { *self.fp.add(usize::from(r)) } }
    }

    #[inline(always)]
    fn set(&mut self, r: Register, word: u64) {
        assert!(r != NEWEST, "it is read only");
        self.word = word;
        // SAFETY: *closed code*, *frames fit*.
        unsafe { *self.fp.add(usize::from(r)) = word }
    }

    #[inline(always)]
    fn jump(&mut self, to: i32) {
        let to = if TO == 0 { to } else { TO };
        // SAFETY: *closed code*.
        self.ip = unsafe { self.ip.offset(to as isize) };
    }

    #[inline(always)]
    fn step_done(&mut self) -> Result<(), Exit> {
        // Below zero is below: testing for zero first would take one more instruction.
        self.left = self.left.wrapping_sub(1);
        if (self.left as i64) < 0 { Err(Exit::SliceEnd) } else { Ok(()) }
    }

    #[inline(always)]
    fn constant(&self, index: u32) -> u64 {
        // SAFETY: *closed code*.
        unsafe { *self.context.constants.add(index as usize) }
    }

    #[inline(always)]
    fn enter(&mut self, w: Register, n: u8, to: i32) -> Result<(), Stop> {
        let fp = self.fp.wrapping_add(usize::from(w));
        if fp.wrapping_add(usize::from(n)) > self.context.limit {
            return Err(NOT_HERE);
        }
        // SAFETY: the frame fits, so the link slot below it is on the stack too: *closed code* has
        // every window behind a link slot.
        unsafe { *fp.sub(1) = self.ip.addr() as u64 };
        self.fp = fp;
        self.jump(to);
        Ok(())
    }

    #[inline(always)]
    fn leave(&mut self, word: u64) -> Result<(), Exit> {
        // SAFETY: *frames fit*: the link slot is below the frame. *closed code*: no instruction
        // writes it but a call, so it leads to the instruction after a call of the caller, or to
        // the second instruction of all, which has a call before it too.
        unsafe {
            *self.fp = word;
            let link = *self.fp.sub(1);
            self.ip = self.context.code.with_addr(link as usize);
            let (Op::Call { w, .. } | Op::CallIndirect { w, .. }) = (*self.ip.sub(1)).op else {
                unreachable_unchecked()
            };
            self.fp = self.fp.sub(usize::from(w));
        }
        Ok(())
    }

    #[inline(always)]
    fn load(&mut self, address: u64) -> Result<u64, Stop> {
        // ORDER: Relaxed. A guest's plain load orders nothing.
        Ok(self.at(address)?.load(Relaxed))
    }

    #[inline(always)]
    fn store(&mut self, address: u64, word: u64) -> Result<(), Stop> {
        // ORDER: Relaxed. A guest's plain store orders nothing.
        self.at(address)?.store(word, Relaxed);
        Ok(())
    }

    #[inline(always)]
    fn load_global(&mut self, global: u32) -> Result<u64, Stop> {
        // ORDER: Relaxed. A guest's plain load orders nothing.
        Ok(self.word(Cell::of_global(global).0 - 1)?.load(Relaxed))
    }

    #[inline(always)]
    fn store_global(&mut self, global: u32, word: u64) -> Result<(), Stop> {
        // ORDER: Relaxed. A guest's plain store orders nothing.
        self.word(Cell::of_global(global).0 - 1)?.store(word, Relaxed);
        Ok(())
    }
}

/// One row of the instruction table, as a type, so that handlers can be made from one or two rows.
trait Row {
    /// The row as a value, for lists and tables.
    const KIND: Kind;

    /// Carries out the row's instruction. `CHAINED` is the letter of the operand that is [`NEWEST`], or
    /// [`ALL_IN_FRAME`].
    ///
    /// # Safety
    /// `op` is of this row, and its registers are in the machine's current frame.
    unsafe fn carry_out<M: Registers, const CHAINED: char>(
        machine: &mut M,
        op: &Op,
    ) -> Result<(), Exit>;
}

/// An operand as its row sees it.
macro_rules! operand {
    (a $r:ident) => {
        register($r, CHAINED == 'a')
    };
    (b $r:ident) => {
        register($r, CHAINED == 'b')
    };
    (c $r:ident) => {
        register($r, CHAINED == 'c')
    };
    (d $r:ident) => {
        register($r, false)
    };
    ($other:ident $value:ident) => {
        $value
    };
}

/// The register, or [`NEWEST`] in its place.
///
/// # Safety
/// `r` is in a frame.
#[inline(always)]
unsafe fn register(r: Register, is_newest: bool) -> Register {
    // SAFETY: the caller's promise. Said here, it spares `get` and `set` to ask.
    unsafe { assert_unchecked(r != NEWEST) };
    if is_newest { NEWEST } else { r }
}

macro_rules! handlers {
    ({
        $( $(#[doc = $doc:literal])* $op:ident { $($field:ident: $ty:ty),* } |$m:ident| $body:expr; )*
    } $rare:tt) => {
        mod row {
            $( pub(super) struct $op; )*
        }

        /// The rows by their names.
        #[derive(Clone, Copy)]
        enum Kind {
            $( $op, )*
        }

        /// How many rows there are.
        const KINDS: usize = [$( Kind::$op ),*].len();

        $(
            impl Row for row::$op {
                const KIND: Kind = Kind::$op;

                #[inline(always)]
                unsafe fn carry_out<M: Registers, const CHAINED: char>(
                    $m: &mut M,
                    op: &Op,
                ) -> Result<(), Exit> {
                    // SAFETY: the caller's promise.
                    let ($($field,)*) = unsafe {
                        let Op::$op { $($field),* } = *op else { unreachable_unchecked() };
                        ($(operand!($field $field),)*)
                    };
                    $body;
                    Ok(())
                }
            }
        )*

        /// Applies `make` to the row of an operation, if that row is in the table's first group.
        fn of_row<M: OfRow>(op: &Op, make: M) -> Option<M::Made> {
            match op {
                $( Op::$op { .. } => Some(make.of::<row::$op>()), )*
                _ => None,
            }
        }
    };
}

instructions!(handlers);

/// Something that can be made from any row.
trait OfRow {
    type Made;

    fn of<R: Row>(self) -> Self::Made;
}

/// The handler of one instruction, for any branch distance.
fn any_distance(op: &Op) -> Handler {
    struct AnyDistance;
    impl OfRow for AnyDistance {
        type Made = Handler;

        fn of<R: Row>(self) -> Handler {
            one::<R, 0>
        }
    }
    match op {
        Op::CallExtern { .. } => call_extern,
        op => of_row(op, AnyDistance).unwrap_or(slow),
    }
}

/// Carries out one instruction, then calls the next one's handler.
unsafe extern "C" fn one<R: Row, const TO: i32>(ip: Ip, fp: Fp, cx: Cx, memory: Cells, left: u64) {
    // SAFETY: the invariants of this module.
    unsafe { step::<R, TO, ALL_IN_FRAME>(ip, fp, cx, memory, left, 0) }
}

/// The same, as a part of a handler.
#[inline(always)]
unsafe fn step<R: Row, const TO: i32, const CHAINED: char>(
    ip: Ip,
    fp: Fp,
    cx: Cx,
    memory: Cells,
    left: u64,
    word: u64,
) {
    // SAFETY: the invariants of this module; `choice` gives a row's handler to that row's operations;
    // what is behind the last instruction may be pointed at.
    unsafe {
        let context = &*cx;
        let mut running = Running::<TO> { ip: ip.add(1), fp, context, memory, left, word };
        let result = R::carry_out::<_, CHAINED>(&mut running, &(*ip).op);
        let (next, fp_after, left_after) = (running.ip, running.fp, running.left);
        match result {
            Ok(()) => ((*next).run)(next, fp_after, cx, memory, left_after),
            Err(Exit::SliceEnd) => slice_end(next, fp_after, cx, memory, left_after),
            Err(_) => slow(ip, fp, cx, memory, left),
        }
    }
}

/// Carries out two instructions, then calls the next one's handler. The second keeps a handler of its
/// own, so it may be jumped to; if the first one jumps, the second does not run. The first neither ends
/// a step nor begins or ends a frame. If `CHAINED` is a letter, the first writes a register, and the
/// second has that register as this operand.
unsafe extern "C" fn two<R: Row, S: Row, const FIRST: i32, const TO: i32, const CHAINED: char>(
    ip: Ip,
    fp: Fp,
    cx: Cx,
    memory: Cells,
    left: u64,
) {
    const { assert!(matches!(CHAINED, 'a' | 'b' | 'c' | ALL_IN_FRAME)) };
    // SAFETY: as in `step`, for both.
    unsafe {
        let second = ip.add(1);
        let context = &*cx;
        let mut running = Running::<FIRST> { ip: second, fp, context, memory, left, word: 0 };
        let result = R::carry_out::<_, ALL_IN_FRAME>(&mut running, &(*ip).op);
        let Running { ip: next, word, .. } = running;
        debug_assert!(running.fp == fp && running.left == left, "it may not be a first");
        match result {
            Ok(()) if next == second => {}
            Ok(()) => return ((*next).run)(next, fp, cx, memory, left),
            Err(_) => return slow(ip, fp, cx, memory, left),
        }
        step::<S, TO, CHAINED>(second, fp, cx, memory, left, word)
    }
}

/// Carries out a switch by a handler for its distance, if that is short. The processor predicts that
/// handler, as if it were a branch.
unsafe extern "C" fn switch(ip: Ip, fp: Fp, cx: Cx, memory: Cells, left: u64) {
    // SAFETY: the invariants of this module.
    unsafe {
        let Op::Switch { a, n, k } = (*ip).op else { unreachable_unchecked() };
        let to = place(*fp.add(usize::from(a)) as i64, n, k);
        match SWITCH_BY.get(to as usize) {
            Some(run) => run(ip, fp, cx, memory, left),
            None => step::<row::Switch, 0, ALL_IN_FRAME>(ip, fp, cx, memory, left, 0),
        }
    }
}

/// Keeps the words and returns to [`until_stop`].
unsafe extern "C" fn pause(ip: Ip, fp: Fp, cx: Cx, _memory: Cells, left: u64) {
    // SAFETY: `until_stop` has the context.
    unsafe { ((*cx).ip, (*cx).fp, (*cx).left) = (ip, fp, left) }
}

#[cold]
#[inline(never)]
unsafe extern "C" fn slice_end(ip: Ip, fp: Fp, cx: Cx, memory: Cells, _left: u64) {
    // SAFETY: `until_stop` has the context.
    unsafe {
        (*cx).stop = Some(Exit::SliceEnd);
        pause(ip, fp, cx, memory, 0);
    }
}

/// The place to which the first frame of a thread returns: the end of the thread.
unsafe extern "C" fn returned(ip: Ip, fp: Fp, cx: Cx, memory: Cells, left: u64) {
    // SAFETY: `until_stop` has the context.
    unsafe {
        (*cx).stop = Some(Exit::Returned);
        pause(ip, fp, cx, memory, left);
    }
}

/// Lets the safe machine carry out an instruction, then continues.
#[cold]
#[inline(never)]
unsafe extern "C" fn slow(ip: Ip, fp: Fp, cx: Cx, memory: Cells, left: u64) {
    // SAFETY: `perform` is the one for this host.
    unsafe {
        pause(ip, fp, cx, memory, left);
        by_way_of((*cx).perform, cx)
    }
}

/// Calls the host, then continues.
unsafe extern "C" fn call_extern(ip: Ip, fp: Fp, cx: Cx, memory: Cells, left: u64) {
    // SAFETY: `call_host` is the one for this host.
    unsafe {
        pause(ip, fp, cx, memory, left);
        by_way_of((*cx).call_host, cx)
    }
}

/// Continues where a function leaves the context. This is not part of the function's handler: code that
/// lends out words of its own native frame cannot end in a jump.
#[inline(always)]
unsafe fn by_way_of(function: Elsewhere, cx: Cx) {
    // SAFETY: the invariants of this module.
    unsafe {
        if function(cx) {
            ((*(*cx).ip).run)((*cx).ip, (*cx).fp, cx, (*cx).memory, (*cx).left)
        }
    }
}

/// Whether handlers continue without taking native stack; measured once.
fn sibling_calls_jump() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    // Miri has no stack to measure.
    !cfg!(miri) && *ANSWER.get_or_init(|| native_stack_at(16).abs_diff(native_stack_at(0)) < 16)
}

/// The position of the native stack after this many rounds of one instruction for each kind of handler.
fn native_stack_at(rounds: usize) -> usize {
    unsafe extern "C" fn probe(_: Ip, fp: Fp, _: Cx, _: Cells, _: u64) {
        let here = 0_u8;
        // SAFETY: `fp` is the frame of one word below.
        unsafe { *fp = std::hint::black_box(&raw const here).addr() as u64 };
    }
    let round = [
        Op::Mov { d: 0, a: 0 },
        Op::Mov { d: 0, a: 0 },
        Op::Mov { d: 0, a: 0 },
        Op::JF { a: 0, to: 1 },
        Op::Switch { a: 0, n: 1, k: 0 },
        Op::Fence { o: MemoryOrder::SeqCst },
        Op::CallExtern { w: 0, n: 1, x: 0 },
    ];
    let ops = round.repeat(rounds);
    let chosen = choose(&ops).into_iter().zip(&ops);
    let mut code: Vec<Inst> = chosen.map(|(run, &op)| Inst { run, op }).collect();
    code.push(Inst { run: probe, op: round[0] });
    let mut frame = [1_u64];
    // SAFETY: every instruction has a next one.
    let pass = |context: Cx| unsafe {
        (*context).ip = (*context).ip.add(1);
        true
    };
    let mut context = Context::without_guest(&code, &mut frame, &[], pass);
    // SAFETY: the code uses register 0 only, which is `frame`, branches nowhere since that is 1, and
    // ends at `probe`.
    unsafe { context.run_from(code[0].run) };
    frame[0] as usize
}

/// The position of a machine: its instruction and its frame, as indices into the code and the stack, and
/// the remaining steps.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Position {
    at: usize,
    fp: usize,
    left: u64,
}

/// Carries out code from a position on, until a handler leaves something to others. Returns that
/// position, and whether it was the end of the slice. For the tests of this module, whose code keeps to
/// itself and to the stack.
#[cfg(test)]
fn run_alone(
    start: Position,
    code: &[Inst],
    stack: &mut [u64],
    memory: &[Word],
) -> (Position, bool) {
    let mut context = Context::without_guest(code, stack, memory, |_| false);
    let bottom = context.fp;
    // SAFETY: what the tests promise.
    unsafe {
        context.ip = context.ip.add(start.at);
        context.fp = bottom.add(start.fp);
        context.left = start.left;
        context.run_from(code[start.at].run);
        let at = context.ip.offset_from_unsigned(context.code);
        let fp = context.fp.offset_from_unsigned(bottom);
        let is_slice_end = matches!(context.stop, Some(Exit::SliceEnd));
        (Position { at, fp, left: context.left }, is_slice_end)
    }
}

#[cfg(test)]
mod tests;
