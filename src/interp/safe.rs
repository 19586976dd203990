//! The safe machine: Rust index-checks every access. It is the oracle for the fast machine, carries out
//! what the fast machine does not, and is the machine of the instrumented worlds.

use super::address::{Cell, function_index};
use super::code::Site;
use super::guest::{ErrorValue, Guest, HANDLER_WORDS, Handler};
use super::host::Host;
use super::machine::{Field, Machine, Registers};
use super::table::step;
use super::trap::{Trap, TrapKind};
use super::{Exit, Register, Stop};

pub(super) struct SafeMachine<'g, H> {
    pub(super) guest: &'g mut Guest,
    pub(super) host: &'g mut H,
}

impl<H: Host> SafeMachine<'_, H> {
    pub(super) fn until_stop(&mut self) -> Exit {
        loop {
            if let Err(stop) = self.one() {
                return stop;
            }
        }
    }

    /// Carries out one instruction.
    #[inline]
    pub(super) fn one(&mut self) -> Result<(), Exit> {
        let op = self.guest.code.ops[self.guest.pc as usize];
        self.guest.pc += 1;
        let result = step(self, op);
        // An instruction that must be carried out again has not been carried out.
        self.guest.instructions += u64::from(result != Err(Exit::Stop(Stop::Pause)));
        result
    }

    /// Gets the next slice, or the trap that ends the thread instead. The step itself is done: the trap
    /// belongs to the next instruction.
    pub(super) fn refill(&mut self) -> Option<Box<Trap>> {
        match self.host.refill() {
            Ok(slice) => {
                // The step that asked is the first of the new slice.
                self.guest.left = slice - 1;
                self.guest.granted += u64::from(slice);
                None
            }
            Err(Stop::Trap(kind)) => self.raise(kind, self.guest.pc),
            Err(Stop::Pause) => unreachable!("a refill gives steps or traps"),
        }
    }

    /// Passes the trap of the instruction at `trapped_at` to the newest handler, or makes it the outcome.
    pub(super) fn raise(&mut self, kind: TrapKind, trapped_at: u32) -> Option<Box<Trap>> {
        let message = self.host.take_message();
        let code = std::mem::take(&mut self.guest.code_raised);
        let handler = if kind.is_catchable() { self.guest.handlers.pop() } else { None };
        let Some(handler) = handler else {
            let (backtrace, frames_omitted) = self.guest.backtrace(trapped_at);
            let trap = Trap {
                kind,
                message: message.unwrap_or_else(|| kind.describe().into()),
                thread: self.guest.thread.0,
                backtrace,
                frames_omitted,
            };
            self.return_memory();
            return Some(Box::new(trap));
        };
        let mut standing = trapped_at;
        while self.guest.fp != handler.fp {
            self.release_frame(standing);
            standing = self.guest.pop_frame().expect("a handler's frame is on the stack") - 1;
        }
        let site = self.guest.code.site(trapped_at);
        // The fast machine relies on this.
        let handles_in = self.guest.code.site(handler.target).function;
        assert_eq!(
            self.guest.code.site(standing).function,
            handles_in,
            "a handler belongs to the function of its frame"
        );
        let text = message.as_deref().unwrap_or(kind.describe());
        let error = ErrorValue {
            kind: kind as i64,
            code: i64::from(code as i32),
            ip: i64::from(site.ip),
            line: if site.line == 0 { -1 } else { i64::from(site.line) },
            // A full string table must not turn a caught trap into an uncaught one, and its message must
            // not replace that of the next trap.
            message: self.host.intern(text).unwrap_or_else(|_| {
                self.host.take_message();
                0
            }),
        };
        // Running out of error slots must not do so either; the handler then receives null.
        let error = self.guest.errors.number(error).unwrap_or(0);
        self.set(handler.error, error);
        self.set(handler.token, u64::from(standing) + 1);
        self.guest.caught = Some(kind);
        self.guest.pc = handler.target;
        None
    }

    /// Frees the stack memory of the innermost frame, which is at `pc` and does not return.
    fn release_frame(&mut self, pc: u32) {
        let code = &self.guest.code;
        if let Some(mark) = code.functions[code.site(pc).function as usize].mark {
            self.release(self.get(mark));
        }
    }

    pub(super) fn return_memory(&mut self) {
        self.host.close_slots(0);
        if self.guest.memory.is_taken() {
            self.guest.memory.return_to(self.host);
        }
    }

    /// The site of a resume token. Only `raise` makes tokens, except null. A token of another function
    /// is refused, because the instruction it would resume has another frame.
    fn resume_site(&self, token: u64) -> Result<&Site, Stop> {
        let code = &self.guest.code;
        let pc = token.checked_sub(1).and_then(|pc| u32::try_from(pc).ok());
        let site = pc.filter(|&pc| (pc as usize) < code.ops.len()).map(|pc| code.site(pc));
        let here = code.site(self.guest.pc - 1).function;
        site.filter(|site| site.function == here).ok_or(Stop::Trap(TrapKind::InvalidOperation))
    }
}

impl<H: Host> Registers for SafeMachine<'_, H> {
    fn get(&self, r: Register) -> u64 {
        self.guest.stack[self.guest.slot(r)]
    }

    fn set(&mut self, r: Register, word: u64) {
        let slot = self.guest.slot(r);
        self.guest.stack[slot] = word;
    }

    fn jump(&mut self, to: i32) {
        self.guest.pc = self.guest.pc.wrapping_add_signed(to);
    }

    fn step_done(&mut self) -> Result<(), Exit> {
        match self.guest.left.checked_sub(1) {
            Some(left) => {
                self.guest.left = left;
                Ok(())
            }
            None => Err(Exit::SliceEnd),
        }
    }

    fn constant(&self, index: u32) -> u64 {
        self.guest.code.constants[index as usize]
    }

    fn enter(&mut self, w: Register, n: u8, to: i32) -> Result<(), Stop> {
        let frame = self.guest.slot(w);
        let needed = frame + usize::from(n);
        if needed > self.guest.stack.len() {
            if needed > self.guest.stack_max {
                return Err(Stop::Trap(TrapKind::StackOverflow));
            }
            let roomy = (needed * 2).max(256).min(self.guest.stack_max);
            self.guest.stack.resize(roomy, 0);
        }
        self.guest.stack[frame - 1] = self.guest.link_to(self.guest.pc);
        self.guest.fp = frame as u32;
        self.jump(to);
        Ok(())
    }

    fn leave(&mut self, word: u64) -> Result<(), Exit> {
        if self.guest.code.is_checked {
            self.host.hand_out(word);
        }
        self.set(0, word);
        match self.guest.pop_frame() {
            Some(back) => {
                self.guest.pc = back;
                Ok(())
            }
            None => Err(Exit::Returned),
        }
    }

    fn load(&mut self, address: u64) -> Result<u64, Stop> {
        let cell = self.host.locate(address)?;
        self.host.load(cell)
    }

    fn store(&mut self, address: u64, word: u64) -> Result<(), Stop> {
        let cell = self.host.locate(address)?;
        self.host.store(cell, word)
    }

    fn load_global(&mut self, global: u32) -> Result<u64, Stop> {
        self.host.load(Cell::of_global(global))
    }

    fn store_global(&mut self, global: u32, word: u64) -> Result<(), Stop> {
        self.host.store(Cell::of_global(global), word)
    }
}

impl<H: Host> Machine for SafeMachine<'_, H> {
    type Host = H;

    fn host(&mut self) -> &mut H {
        self.host
    }

    fn indirect(&self, address: u64, signature: u32) -> Result<(u8, i32), Stop> {
        let code = &self.guest.code;
        let Some(function) =
            function_index(address).filter(|&f| (f as usize) < code.functions.len())
        else {
            let kind =
                if address == 0 { TrapKind::NullPointer } else { TrapKind::InvalidOperation };
            return Err(Stop::Trap(kind));
        };
        let info = &code.functions[function as usize];
        if info.signature != code.signatures[signature as usize] {
            return Err(Stop::Trap(TrapKind::InvalidOperation));
        }
        Ok((info.frame, info.entry.wrapping_sub(self.guest.pc) as i32))
    }

    fn call_extern(&mut self, w: Register, n: u8, x: u16) -> Result<(), Stop> {
        let from = self.guest.slot(w);
        self.host.call_extern(x, &mut self.guest.stack[from..from + usize::from(n)])
    }

    fn alloca(&mut self, bytes: i64) -> Result<u64, Stop> {
        let Ok(bytes) = u64::try_from(bytes) else {
            let message = format!("alloca: negative size {bytes}");
            return Err(self.host.fail(TrapKind::DomainError, message));
        };
        let cells = bytes.div_ceil(8).max(1);
        if self.guest.code.is_checked {
            return self.host.open_slot(cells);
        }
        Ok(self.guest.memory.take(self.host, cells)?.address())
    }

    fn mark(&self) -> u64 {
        if self.guest.code.is_checked {
            return self.host.slots();
        }
        self.guest.memory.mark()
    }

    fn release(&mut self, mark: u64) {
        if self.guest.code.is_checked {
            return self.host.close_slots(mark);
        }
        self.guest.memory.release(mark);
    }

    fn push_handler(&mut self, error: Register, token: Register, to: i32) -> Result<(), Stop> {
        if self.guest.handlers.len() >= self.guest.stack_max / HANDLER_WORDS {
            return Err(Stop::Trap(TrapKind::StackOverflow));
        }
        let target = self.guest.pc.wrapping_add_signed(to);
        self.guest.handlers.push(Handler { fp: self.guest.fp, error, token, target });
        Ok(())
    }

    fn pop_handler(&mut self) -> Result<(), Stop> {
        match self.guest.handlers.pop_if(|handler| handler.fp == self.guest.fp) {
            Some(_) => Ok(()),
            None => {
                let message = "eh.pop: this function has no handler to pop".into();
                Err(self.host.fail(TrapKind::InvalidOperation, message))
            }
        }
    }

    fn pop_handlers(&mut self) {
        let fp = self.guest.fp;
        while self.guest.handlers.pop_if(|handler| handler.fp == fp).is_some() {}
    }

    fn resume_same(&mut self, token: u64) -> Result<(), Exit> {
        self.guest.pc = self.resume_site(token)?.start;
        // Counts as a step: resuming at an instruction that traps again must not go on forever unnoticed.
        self.step_done()
    }

    fn resume_next(&mut self, token: u64) -> Result<(), Exit> {
        let site = self.resume_site(token)?;
        let (end, result, is_terminator) = (site.end, site.result, site.is_terminator);
        if is_terminator {
            let message = "resume.next: nothing follows the instruction that trapped".into();
            return Err(self.host.fail(TrapKind::InvalidOperation, message).into());
        }
        if let Some(result) = result {
            self.set(result, 0);
        }
        self.guest.pc = end;
        self.step_done()
    }

    fn keep_code(&mut self, code: i64) {
        self.guest.code_raised = code;
    }

    fn make_error(&mut self, kind: i64, message: u64) -> Result<u64, Stop> {
        let site = self.guest.code.site(self.guest.pc - 1);
        let line = if site.line == 0 { -1 } else { i64::from(site.line) };
        let error = ErrorValue { kind, code: 0, ip: i64::from(site.ip), line, message };
        self.guest.errors.number(error).ok_or(Stop::Trap(TrapKind::OutOfMemory))
    }

    fn error_field(&mut self, error: u64, field: Field) -> Result<u64, Stop> {
        let Some(value) = self.guest.errors.get(error) else {
            return Err(Stop::Trap(TrapKind::NullPointer));
        };
        Ok(match field {
            Field::Kind => value.kind as u64,
            Field::Code => value.code as u64,
            Field::Ip => value.ip as u64,
            Field::Line => value.line as u64,
            Field::Message => value.message,
        })
    }

    fn caught_kind(&self) -> i64 {
        self.guest.caught.map_or(-1, |kind| kind as i64)
    }
}
