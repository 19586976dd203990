//! One guest thread at rest: plain data that may move, wait and be cloned, and that either machine can run.
//!
//! Frames are windows on one stack of words. A callee's register 0 is the caller's register `w`. The
//! word below it, the link slot, holds the return address; the distance to the caller's frame is read
//! from the call instruction before that address. A call allocates nothing.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use super::Register;
use super::Stop;
use super::address::{Cell, ThreadId};
use super::code::Variable;
use super::host::Host;
use super::table::Op;
use super::trap::{Place, Trap, TrapKind};
use super::verify::Code;

/// One guest thread at rest.
#[derive(Clone, Debug)]
pub struct Guest {
    pub(super) code: Code,
    /// The number of the thread in its program.
    pub thread: ThreadId,
    pub(super) stack: Vec<u64>,
    pub(super) stack_max: usize,
    /// The base of links: the address of the fast machine's code, once that machine has run the guest.
    pub(super) link_base: u64,
    pub(super) pc: u32,
    pub(super) fp: u32,
    pub(super) handlers: Vec<Handler>,
    pub(super) errors: Errors,
    pub(super) caught: Option<TrapKind>,
    /// The runtime's error code of the current trap.
    pub(super) code_raised: i64,
    pub(super) memory: StackMemory,
    pub(super) left: u32,
    /// Steps of all its slices.
    pub(super) granted: u64,
    pub(super) instructions: u64,
    /// Whether it has returned, trapped, or was left by a panic of its host. From there it cannot continue.
    pub(super) has_ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Handler {
    pub(super) fp: u32,
    pub(super) error: Register,
    pub(super) token: Register,
    pub(super) target: u32,
}

/// The error values of a thread; value `n` is entry `n - 1`. Equal errors share one entry, so that a
/// loop that catches the same trap repeatedly does not grow.
#[derive(Clone, Debug, Default)]
pub(super) struct Errors {
    pub(super) values: Vec<ErrorValue>,
    /// Not a hash map: that would ask the system for random numbers at every start of a thread.
    numbers: BTreeMap<ErrorValue, u64>,
}

impl Errors {
    /// The error's number; `None` if there are too many others.
    pub(super) fn number(&mut self, error: ErrorValue) -> Option<u64> {
        if let Some(&number) = self.numbers.get(&error) {
            return Some(number);
        }
        if self.values.len() == ERRORS_MAX {
            return None;
        }
        self.values.push(error);
        let number = self.values.len() as u64;
        self.numbers.insert(error, number);
        Some(number)
    }

    pub(super) fn get(&self, number: u64) -> Option<&ErrorValue> {
        self.values.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ErrorValue {
    pub(super) kind: i64,
    pub(super) code: i64,
    pub(super) ip: i64,
    pub(super) line: i64,
    /// A string handle.
    pub(super) message: u64,
}

/// A thread's `alloca` memory: segments of guest memory, filled one after the other.
#[derive(Clone, Debug, Default, Hash)]
pub struct StackMemory {
    segments: Vec<(Cell, u64)>,
    /// The current segment, and the number of its cells in use.
    current: usize,
    used: u64,
}

impl StackMemory {
    /// Takes zeroed cells.
    ///
    /// # Errors
    /// The host's error.
    pub fn take<H: Host>(&mut self, host: &mut H, cells: u64) -> Result<Cell, Stop> {
        // Uses the current segment, or the next one with room, or a new one in place of those behind,
        // which are unused and too small. Sizes are powers of two, so that threads can pass segments on
        // to each other.
        let (mut current, mut used) = (self.current, self.used);
        while self.segments.get(current).is_some_and(|&(_, size)| size - used < cells) {
            (current, used) = (current + 1, 0);
        }
        if current == self.segments.len() {
            let kept = (self.current + usize::from(self.used > 0)).min(current);
            for (first, cells) in self.segments.drain(kept..) {
                host.return_segment(first, cells);
            }
            let Some(size) = cells.max(SEGMENT_CELLS).checked_next_power_of_two() else {
                return Err(Stop::Trap(TrapKind::OutOfMemory));
            };
            current = self.segments.len();
            self.segments.push((host.take_segment(size)?, size));
        }
        let first = self.segments[current].0.0 + used;
        host.clear(Cell(first), cells)?;
        (self.current, self.used) = (current, used + cells);
        Ok(Cell(first))
    }

    /// The amount in use.
    pub fn mark(&self) -> u64 {
        (self.current as u64) << 40 | self.used
    }

    /// Frees down to a mark.
    pub fn release(&mut self, mark: u64) {
        (self.current, self.used) = ((mark >> 40) as usize, mark & ((1 << 40) - 1));
    }

    /// Whether it has any.
    pub fn is_taken(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Returns all segments to the host.
    pub fn return_to<H: Host>(&mut self, host: &mut H) {
        for (first, cells) in std::mem::take(self).segments {
            host.return_segment(first, cells);
        }
    }
}

const SEGMENT_CELLS: u64 = 64;
/// The limit on distinct errors. A guest that makes more makes them for their own sake.
const ERRORS_MAX: usize = 1 << 16;
/// The number of words of the stack's limit that a handler takes.
pub(super) const HANDLER_WORDS: usize = 2;
/// The bytes of an instruction in the fast machine's code, which links point into.
pub(super) const LINK_STRIDE: u64 = 16;
/// The return address of a thread's first frame: the code's second instruction, which nothing else leads to.
pub(super) const NO_RETURN: u32 = 1;

/// A call that has not returned.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Where it is.
    pub place: Place,
    /// The values in its registers that are still needed, and their words.
    pub variables: Vec<(Variable, u64)>,
}

/// How a run of a guest ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The entry function returned this word.
    Returned(u64),
    /// A trap that no handler caught.
    Trapped(Box<Trap>),
    /// The host answered "not now", and the guest stays at the same instruction; or it gives way to others.
    Paused,
}

impl Guest {
    /// A thread that is about to run a function. `stack_max` is in words; a frame that does not fit is a
    /// trap.
    pub fn new(
        code: &Code,
        thread: ThreadId,
        function: u32,
        arguments: &[u64],
        stack_max: usize,
    ) -> Self {
        let mut guest = Guest::without_thread(code, stack_max);
        guest.begin(thread, function, arguments);
        guest
    }

    /// The number of instructions that the safe machine has carried out for it; the fast machine does
    /// not count.
    pub fn instructions(&self) -> u64 {
        self.instructions
    }

    /// The approximate number of bytes that it takes on the heap.
    pub fn bytes(&self) -> usize {
        const ERROR_BYTES: usize = 2 * size_of::<ErrorValue>() + 32;
        self.stack.len() * size_of::<u64>()
            + self.handlers.len() * size_of::<Handler>()
            + self.errors.values.len() * ERROR_BYTES
            + self.memory.segments.len() * size_of::<(Cell, u64)>()
    }

    /// The position of its current instruction in the program's code.
    pub fn position(&self) -> u32 {
        self.pc
    }

    /// The place of its current instruction.
    pub fn place(&self) -> Place {
        self.code.place(self.pc)
    }

    /// For a thread that is about to start another: which threads are interchangeable with the new one,
    /// by function and number; see [`Site::kin`](super::Site::kin).
    pub fn kin(&self) -> Option<(u32, u32)> {
        let site = self.code.site(self.pc);
        Some((site.function, site.kin?))
    }

    /// Feeds a hasher everything that the thread's further behaviour depends on, and nothing else: not
    /// the remains of ended frames, not its counts, and not its own number, which it cannot ask for.
    pub fn hash_into(&self, hasher: &mut impl Hasher) {
        let frame = self.code.functions[self.code.site(self.pc).function as usize].frame;
        (self.pc, self.fp).hash(hasher);
        self.stack[..self.fp as usize + usize::from(frame)].hash(hasher);
        self.handlers.hash(hasher);
        self.errors.values.hash(hasher);
        (self.caught, self.code_raised, &self.memory).hash(hasher);
    }

    /// The number of steps that it has made: backward branches, calls and caught traps.
    pub fn steps(&self) -> u64 {
        self.granted - u64::from(self.left)
    }

    /// The number of unused steps of its slice.
    pub fn steps_left(&self) -> u32 {
        self.left
    }

    pub(super) fn slot(&self, r: Register) -> usize {
        self.fp as usize + usize::from(r)
    }

    /// Leaves the innermost frame; returns the return address, or `None` from the first frame.
    pub(super) fn pop_frame(&mut self) -> Option<u32> {
        let back = self.returns_to(self.stack[self.fp as usize - 1])?;
        self.fp -= self.window_of_call_before(back);
        Some(back)
    }

    pub(super) fn link_to(&self, pc: u32) -> u64 {
        self.link_base + u64::from(pc) * LINK_STRIDE
    }

    /// The return address of a link; `None` for the first frame.
    pub(super) fn returns_to(&self, link: u64) -> Option<u32> {
        let pc = ((link - self.link_base) / LINK_STRIDE) as u32;
        (pc != NO_RETURN).then_some(pc)
    }

    /// Changes the base of links.
    pub(super) fn rebase(&mut self, base: u64) {
        if self.link_base == base {
            return;
        }
        let mut fp = self.fp;
        loop {
            let link = &mut self.stack[fp as usize - 1];
            let back = *link - self.link_base;
            *link = base + back;
            let pc = (back / LINK_STRIDE) as u32;
            if pc == NO_RETURN {
                break;
            }
            fp -= self.window_of_call_before(pc);
        }
        self.link_base = base;
    }

    pub(super) fn window_of_call_before(&self, back: u32) -> u32 {
        match self.code.ops[back as usize - 1] {
            Op::Call { w, .. } | Op::CallIndirect { w, .. } => u32::from(w),
            op => unreachable!("a link slot points after a call, not after {op:?}"),
        }
    }

    /// The calls that have not returned, innermost first, with the values in their registers that are still
    /// needed; those have names only in checked code.
    pub fn frames(&self) -> Vec<Frame> {
        let (mut fp, mut pc) = (self.fp, self.pc);
        // The registers of a caller from its window on are the callee's.
        let mut own = usize::MAX;
        let mut frames = Vec::new();
        loop {
            let site = self.code.site_of[pc as usize];
            let is_there =
                |it: &&Variable| it.sites.contains(&site) && usize::from(it.register) < own;
            let named = self.code.variables.iter().filter(is_there);
            let word = |register: Register| self.stack[fp as usize + usize::from(register)];
            frames.push(Frame {
                place: self.code.place(pc),
                variables: named.map(|it| (it.clone(), word(it.register))).collect(),
            });
            let Some(back) = self.returns_to(self.stack[fp as usize - 1]) else { return frames };
            let window = self.window_of_call_before(back);
            (fp, pc, own) = (fp - window, back - 1, window as usize - 1);
        }
    }

    /// The places of the innermost frames, innermost first, and the number of further frames.
    pub(super) fn backtrace(&self, trapped_at: u32) -> (Vec<Place>, usize) {
        const PLACES_MAX: usize = 16;
        let mut fp = self.fp;
        let mut places = vec![self.code.place(trapped_at)];
        let mut omitted = 0;
        loop {
            let Some(back) = self.returns_to(self.stack[fp as usize - 1]) else {
                return (places, omitted);
            };
            fp -= self.window_of_call_before(back);
            if places.len() < PLACES_MAX {
                places.push(self.code.place(back - 1));
            } else {
                omitted += 1;
            }
        }
    }
}
