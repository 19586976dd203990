//! Guests at rest: what must be kept of one that does not run. There may be a million, so words are all that is kept of
//! most of them.

use super::address::ThreadId;
use super::guest::{Errors, Guest, Handler, LINK_STRIDE, NO_RETURN, StackMemory};
use super::trap::TrapKind;
use super::verify::Code;

/// What few guests have, besides their words, or in place of those of their stack.
#[derive(Clone, Debug)]
pub struct Rare {
    handlers: Vec<Handler>,
    errors: Errors,
    caught: Option<TrapKind>,
    code_raised: i64,
    memory: StackMemory,
    /// A large stack as it is, and the base of its links.
    whole: Option<(Vec<u64>, u64)>,
}

/// A stack of more words is kept as it is: packing it would take time for each word.
const PACKED_WORDS_MAX: usize = 256;

/// What the first word of a stack is at rest: the link of a frame that returns to nothing, with the guest's base at 0.
const FIRST_LINK: u64 = NO_RETURN as u64 * LINK_STRIDE;

/// The number of words of a stack of which one mask says which are kept: those that are not 0.
const MASKED: usize = 64;

impl Guest {
    /// Without a thread. It runs once it has been given one, by [`begin`](Self::begin) or [`wake`](Self::wake).
    pub fn without_thread(code: &Code, stack_max: usize) -> Self {
        Guest {
            code: code.clone(),
            thread: ThreadId(u32::MAX),
            stack: Vec::new(),
            // A frame's position is 32 bits wide.
            stack_max: stack_max.min(u32::MAX as usize),
            link_base: 0,
            pc: 0,
            fp: 0,
            handlers: Vec::new(),
            errors: Errors::default(),
            caught: None,
            code_raised: 0,
            memory: StackMemory::default(),
            left: 0,
            granted: 0,
            instructions: 0,
            has_ended: true,
        }
    }

    /// Lets the thread rest. Returns its words, without those of a large stack, and what else must be kept of it. Its
    /// counts of steps and instructions are not kept: they begin again.
    pub fn rest(&mut self) -> (Box<[u64]>, Option<Rare>) {
        let at = u64::from(self.pc) << 32 | u64::from(self.fp);
        self.has_ended = true;
        let end = self.frame_end();
        if end > PACKED_WORDS_MAX {
            let mut stack = std::mem::take(&mut self.stack);
            stack.truncate(end);
            if stack.capacity() > 2 * end {
                stack.shrink_to_fit();
            }
            let mut rare = self.take_rare();
            rare.whole = Some((stack, self.link_base));
            return ([at].into(), Some(rare));
        }
        self.rebase(0);
        debug_assert_eq!(self.stack[0], FIRST_LINK);
        // Words behind the frame are left over from calls.
        let stack = &self.stack[1..end];
        let kept = stack.iter().filter(|&&word| word != 0).count();
        let mut words = Vec::with_capacity(1 + stack.len().div_ceil(MASKED) + kept);
        words.push(at);
        for part in stack.chunks(MASKED) {
            let mask = words.len();
            words.push(0);
            for (bit, &word) in part.iter().enumerate().filter(|&(_, &word)| word != 0) {
                words[mask] |= 1 << bit;
                words.push(word);
            }
        }
        (words.into_boxed_slice(), self.has_rare().then(|| self.take_rare()))
    }

    /// Lets a thread go on that has rested.
    ///
    /// # Panics
    /// If the words are not those of a guest of this code.
    pub fn wake(&mut self, thread: ThreadId, words: &[u64], rare: Option<Rare>) {
        let mut words = words.iter().copied();
        let mut next = || words.next().expect("as many as were kept");
        let at = next();
        self.renew(thread, (at >> 32) as u32, at as u32);
        self.link_base = 0;
        if let Some(mut rare) = rare {
            let whole = rare.whole.take();
            self.put_rare(rare);
            if let Some((stack, link_base)) = whole {
                (self.stack, self.link_base) = (stack, link_base);
                return;
            }
        }
        self.stack.resize(self.frame_end(), 0);
        self.stack[0] = FIRST_LINK;
        for part in self.stack[1..].chunks_mut(MASKED) {
            let mut mask = next();
            while mask != 0 {
                part[mask.trailing_zeros() as usize] = next();
                mask &= mask - 1;
            }
        }
    }

    /// Lets a thread begin at a function.
    ///
    /// # Panics
    /// If there is no such function, or it has not this many parameters.
    pub fn begin(&mut self, thread: ThreadId, function: u32, arguments: &[u64]) {
        let info = &self.code.functions[function as usize];
        let (entry, words) = (info.entry, 1 + usize::from(info.frame));
        self.renew(thread, entry, 1);
        self.stack.resize(words, 0);
        self.stack[0] = self.link_to(NO_RETURN);
        for (place, &argument) in self.stack[1..=arguments.len()].iter_mut().zip(arguments) {
            *place = argument;
        }
    }

    /// As [`begin`](Self::begin), with one argument if the function takes one.
    pub fn begin_with(&mut self, thread: ThreadId, function: u32, argument: u64) {
        let takes_one = !self.code.functions[function as usize].signature.params.is_empty();
        self.begin(thread, function, &[argument][..usize::from(takes_one)]);
    }

    /// Forgets the thread that it has been.
    fn renew(&mut self, thread: ThreadId, pc: u32, fp: u32) {
        if self.has_rare() {
            self.take_rare();
        }
        self.thread = thread;
        (self.pc, self.fp) = (pc, fp);
        self.stack.clear();
        (self.left, self.granted, self.instructions) = (0, 0, 0);
        self.has_ended = false;
    }

    /// Where the frame of the function ends that runs.
    fn frame_end(&self) -> usize {
        let function = self.code.site(self.pc).function;
        self.slot(0) + usize::from(self.code.functions[function as usize].frame)
    }

    fn has_rare(&self) -> bool {
        !self.handlers.is_empty()
            || !self.errors.values.is_empty()
            || self.caught.is_some()
            || self.code_raised != 0
            || self.memory.is_taken()
    }

    fn take_rare(&mut self) -> Rare {
        Rare {
            handlers: std::mem::take(&mut self.handlers),
            errors: std::mem::take(&mut self.errors),
            caught: self.caught.take(),
            code_raised: std::mem::take(&mut self.code_raised),
            memory: std::mem::take(&mut self.memory),
            whole: None,
        }
    }

    fn put_rare(&mut self, rare: Rare) {
        let Rare { handlers, errors, caught, code_raised, memory, whole: _ } = rare;
        (self.handlers, self.errors, self.caught) = (handlers, errors, caught);
        (self.code_raised, self.memory) = (code_raised, memory);
    }
}
