//! Small programs that do things to memory, and a plain interpreter of them that keeps beside each
//! pointer where it comes from. It knows nothing of words, cells and generations.

use std::collections::BTreeSet;
use std::fmt::Write;

use drawloom::reference::ViolationKind;
use proptest::prelude::*;

/// How many pointers each thread has, and how many the threads share.
const POINTERS: usize = 2;
const SHARED: usize = 2;

/// What a thread does. Pointers are named by their number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Statement {
    Allocate { pointer: usize, cells: i64 },
    Move { pointer: usize, from: usize, cells: i64 },
    Free { pointer: usize },
    Read { pointer: usize },
    Write { pointer: usize },
    Publish { pointer: usize, shared: usize },
    Take { pointer: usize, shared: usize },
    Forge { pointer: usize },
    Compare { one: usize, other: usize },
    CallForSlot { pointer: usize },
}

/// What main does alone, and then beside another thread.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) before: Vec<Statement>,
    pub(crate) threads: [Vec<Statement>; 2],
}

fn statement() -> impl Strategy<Value = Statement> {
    use Statement as S;
    let pointer = 0..POINTERS;
    let shared = 0..SHARED;
    prop_oneof![
        3 => (pointer.clone(), 1_i64..3).prop_map(|(pointer, cells)| S::Allocate { pointer, cells }),
        2 => (pointer.clone(), pointer.clone(), -2_i64..3)
            .prop_map(|(pointer, from, cells)| S::Move { pointer, from, cells }),
        3 => pointer.clone().prop_map(|pointer| S::Free { pointer }),
        2 => pointer.clone().prop_map(|pointer| S::Read { pointer }),
        2 => pointer.clone().prop_map(|pointer| S::Write { pointer }),
        2 => (pointer.clone(), shared.clone())
            .prop_map(|(pointer, shared)| S::Publish { pointer, shared }),
        2 => (pointer.clone(), shared).prop_map(|(pointer, shared)| S::Take { pointer, shared }),
        1 => pointer.clone().prop_map(|pointer| S::Forge { pointer }),
        1 => (pointer.clone(), pointer.clone())
            .prop_map(|(one, other)| S::Compare { one, other }),
        1 => pointer.prop_map(|pointer| S::CallForSlot { pointer }),
    ]
}

/// Programs of one thread.
pub(crate) fn sequential() -> impl Strategy<Value = Program> {
    prop::collection::vec(statement(), 1..14)
        .prop_map(|before| Program { before, threads: [Vec::new(), Vec::new()] })
}

/// Programs of two threads, small enough that all their interleavings can be gone through.
pub(crate) fn concurrent() -> impl Strategy<Value = Program> {
    let some = |most| prop::collection::vec(statement(), 1..=most);
    (some(3), some(4), some(4))
        .prop_map(|(before, one, other)| Program { before, threads: [one, other] })
}

impl Program {
    /// The program as IL.
    pub(crate) fn to_il(&self) -> String {
        let mut text = String::from(
            "il 0.3.0\nextern @Viper.Memory.Alloc(i64) -> ptr\nextern @Viper.Memory.Free(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr\n",
        );
        for shared in 0..SHARED {
            writeln!(text, "global ptr @s{shared} = null").unwrap();
        }
        text += "func @slot() -> ptr {\nentry:\n  %s = alloca 8\n  ret %s\n}\n";
        text += "func @other() -> void {\nentry:\n";
        Emitter::new(&mut text).body(&mut text, &self.threads[1]);
        text += "  ret\n}\nfunc @main() -> i64 {\nentry:\n";
        let mut main = Emitter::new(&mut text);
        main.body(&mut text, &self.before);
        if self.threads.iter().all(Vec::is_empty) {
            text += "  ret 0\n}\n";
            return text;
        }
        text += "  %t = call @Viper.Threads.Thread.Start(@other, null)\n";
        main.body(&mut text, &self.threads[0]);
        text += "  call @Viper.Threads.Thread.Join(%t)\n  ret 0\n}\n";
        text
    }

    /// What can go wrong, over all interleavings; and whether all can go well.
    pub(crate) fn shadow(&self) -> Found {
        let mut found = Found::default();
        let mut start = Shadow::default();
        let mut main = Thread::new(&mut start, 0);
        for &statement in &self.before {
            if let Some(kind) = main.perform(&mut start, statement) {
                found.kinds.insert(kind);
                found.depends_on_reuse |= start.depends_on_reuse;
                return found;
            }
        }
        if self.threads.iter().all(Vec::is_empty) {
            found.can_go_well = true;
            found.depends_on_reuse |= start.depends_on_reuse;
            return found;
        }
        let other = Thread::new(&mut start, 1);
        self.explore(&start, &[main, other], [0, 0], true, &mut found);
        found
    }

    fn explore(
        &self,
        shadow: &Shadow,
        threads: &[Thread; 2],
        done: [usize; 2],
        is_well: bool,
        found: &mut Found,
    ) {
        let mut is_over = true;
        for me in 0..2 {
            let Some(&statement) = self.threads[me].get(done[me]) else { continue };
            is_over = false;
            let (mut shadow, mut threads, mut done) = (shadow.clone(), threads.clone(), done);
            let wrong = threads[me].perform(&mut shadow, statement);
            done[me] = if wrong.is_some() { self.threads[me].len() } else { done[me] + 1 };
            found.kinds.extend(wrong);
            self.explore(&shadow, &threads, done, is_well && wrong.is_none(), found);
        }
        if is_over {
            found.can_go_well |= is_well;
            found.depends_on_reuse |= shadow.depends_on_reuse;
        }
    }
}

/// What the shadow interpreter has found out.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) kinds: BTreeSet<ViolationKind>,
    pub(crate) can_go_well: bool,
    /// Whether something is asked of freed memory that has another answer once it is used again.
    pub(crate) depends_on_reuse: bool,
}

/// Writes statements; pointers are new temps each time.
struct Emitter {
    names: [String; POINTERS],
    count: usize,
}

impl Emitter {
    fn new(text: &mut String) -> Self {
        let names = std::array::from_fn(|pointer| format!("%p{pointer}"));
        for name in &names {
            writeln!(text, "  {name} = call @Viper.Memory.Alloc(8)").unwrap();
        }
        Emitter { names, count: 0 }
    }

    fn body(&mut self, text: &mut String, statements: &[Statement]) {
        for &statement in statements {
            self.statement(text, statement);
        }
    }

    fn fresh(&mut self) -> String {
        self.count += 1;
        format!("%v{}", self.count)
    }

    fn statement(&mut self, text: &mut String, statement: Statement) {
        let new = self.fresh();
        let old = self.names.clone();
        let line = match statement {
            Statement::Allocate { pointer, cells } => {
                self.names[pointer].clone_from(&new);
                format!("{new} = call @Viper.Memory.Alloc({})", cells * 8)
            }
            Statement::Move { pointer, from, cells } => {
                self.names[pointer].clone_from(&new);
                format!("{new} = gep {}, {}", old[from], cells * 8)
            }
            Statement::Free { pointer } => format!("call @Viper.Memory.Free({})", old[pointer]),
            Statement::Read { pointer } => {
                format!("{new} = atomic.load i64, {}, seq_cst", old[pointer])
            }
            Statement::Write { pointer } => {
                format!("atomic.store i64, {}, 7, seq_cst", old[pointer])
            }
            Statement::Publish { pointer, shared } => {
                format!(
                    "{new} = gaddr @s{shared}\n  atomic.store ptr, {new}, {}, seq_cst",
                    old[pointer]
                )
            }
            Statement::Take { pointer, shared } => {
                let taken = self.fresh();
                self.names[pointer].clone_from(&taken);
                format!("{new} = gaddr @s{shared}\n  {taken} = atomic.load ptr, {new}, seq_cst")
            }
            Statement::Forge { pointer } => {
                self.names[pointer].clone_from(&new);
                format!("{new} = gep null, {}", FORGED * 8)
            }
            Statement::Compare { one, other } => {
                format!("{new} = ucmp_lt {}, {}", old[one], old[other])
            }
            Statement::CallForSlot { pointer } => {
                self.names[pointer].clone_from(&new);
                format!("{new} = call @slot()")
            }
        };
        writeln!(text, "  {line}").unwrap();
    }
}

/// What is forged, in cells from null.
const FORGED: i64 = 512;

/// A pointer, with where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pointer {
    /// An integer that no allocation has given, as an offset from null; 0 is null itself. Below it, no offset leads back.
    Integer(i64),
    /// Into an allocation from the heap, so many cells from its start.
    Heap(usize, i64),
    /// Into the slot of a function that has returned, called by this thread.
    Slot(usize),
}

#[derive(Clone, Copy, Debug)]
struct Block {
    cells: i64,
    is_freed: bool,
}

/// What the threads share.
#[derive(Clone, Debug, Default)]
struct Shadow {
    heap: Vec<Block>,
    shared: [Option<Pointer>; SHARED],
    depends_on_reuse: bool,
}

#[derive(Clone, Debug)]
struct Thread {
    number: usize,
    pointers: [Pointer; POINTERS],
}

impl Shadow {
    fn allocate(&mut self, cells: i64) -> Pointer {
        self.heap.push(Block { cells, is_freed: false });
        Pointer::Heap(self.heap.len() - 1, 0)
    }

    fn access(&mut self, pointer: Pointer) -> Option<ViolationKind> {
        match pointer {
            Pointer::Integer(0) => Some(ViolationKind::Trap),
            Pointer::Integer(_) => Some(ViolationKind::AddressFromInteger),
            Pointer::Slot(_) => Some(ViolationKind::DeadStackSlot),
            Pointer::Heap(block, cell) => {
                let Block { cells, is_freed } = self.heap[block];
                let is_outside = !(0..cells).contains(&cell);
                // Once it is used again, nobody knows how large it was.
                self.depends_on_reuse |= is_outside && is_freed;
                let freed = is_freed.then_some(ViolationKind::UseAfterFree);
                is_outside.then_some(ViolationKind::OutOfAllocation).or(freed)
            }
        }
    }

    fn free(&mut self, pointer: Pointer) -> Option<ViolationKind> {
        match pointer {
            Pointer::Integer(0) => None,
            Pointer::Heap(block, 0) => {
                let was_freed = std::mem::replace(&mut self.heap[block].is_freed, true);
                was_freed.then_some(ViolationKind::DoubleFree)
            }
            _ => Some(ViolationKind::InvalidFree),
        }
    }

    fn compare(&mut self, one: Pointer, other: Pointer) -> Option<ViolationKind> {
        let block = |pointer| match pointer {
            Pointer::Heap(block, _) => Some(block),
            _ => None,
        };
        let is_freed =
            |this: &Self, pointer| block(pointer).is_some_and(|it| this.heap[it].is_freed);
        let is_one = match (one, other) {
            (Pointer::Integer(0), _)
            | (_, Pointer::Integer(0))
            | (Pointer::Integer(_), Pointer::Integer(_)) => true,
            (Pointer::Slot(one), Pointer::Slot(other)) => one == other,
            _ => block(one).is_some() && block(one) == block(other),
        };
        // Two allocations may have had one address, one after the other.
        self.depends_on_reuse |= !is_one && (is_freed(self, one) || is_freed(self, other));
        (!is_one).then_some(ViolationKind::UnrelatedPointers)
    }
}

impl Thread {
    fn new(shadow: &mut Shadow, number: usize) -> Self {
        Thread { number, pointers: std::array::from_fn(|_| shadow.allocate(1)) }
    }

    /// Carries a statement out; what was wrong with it.
    fn perform(&mut self, shadow: &mut Shadow, statement: Statement) -> Option<ViolationKind> {
        let at = |pointer: usize| self.pointers[pointer];
        let (pointer, new) = match statement {
            Statement::Allocate { pointer, cells } => (pointer, shadow.allocate(cells)),
            Statement::Move { pointer, from, cells } => {
                let moved = match at(from) {
                    Pointer::Heap(block, cell) => Pointer::Heap(block, cell + cells),
                    Pointer::Integer(below @ ..0) => Pointer::Integer(below),
                    Pointer::Integer(offset) => Pointer::Integer(offset + cells),
                    slot @ Pointer::Slot(_) => slot,
                };
                (pointer, moved)
            }
            Statement::Free { pointer } => return shadow.free(at(pointer)),
            Statement::Read { pointer } | Statement::Write { pointer } => {
                return shadow.access(at(pointer));
            }
            Statement::Publish { pointer, shared } => {
                shadow.shared[shared] = Some(at(pointer));
                return None;
            }
            Statement::Take { pointer, shared } => {
                (pointer, shadow.shared[shared].unwrap_or(Pointer::Integer(0)))
            }
            Statement::Forge { pointer } => (pointer, Pointer::Integer(FORGED)),
            Statement::Compare { one, other } => return shadow.compare(at(one), at(other)),
            Statement::CallForSlot { pointer } => (pointer, Pointer::Slot(self.number)),
        };
        self.pointers[pointer] = new;
        None
    }
}
