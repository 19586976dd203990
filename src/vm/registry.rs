//! Host functions by name.
//!
//! There is one registry per process, and an embedder can give single programs registries of their own.
//! A call looks in the program's own registry, then in the global one, then among the runtime's built-in
//! functions.
//!
//! # Invariants
//! *owned*: a look-up returns shared ownership, so unregistering or overwriting never takes a function
//! away from a call in flight. *epoch*: the epoch changes inside the lock, with every change; a cache
//! filled at one epoch is never used at another. So once an unregister has happened before a call, the
//! call does not reach the old function.

use std::collections::BTreeMap;
use std::fmt;

use super::data::Data;
use super::sync::{Arc, AtomicU64, Mutex, Ordering, global};
use crate::il::{Signature, Type};
use crate::interp::refusal;
use crate::interp::{Builtin, ExternInfo, Text, cell_at, without_prefix};

/// Host functions by name. Names ignore case, and may have the prefix `Viper.` or `Zanna.`.
#[derive(Debug)]
pub struct Registry {
    entries: Mutex<Entries>,
    epoch: AtomicU64,
}

#[derive(Debug)]
struct Entries {
    by_name: BTreeMap<String, Arc<Extern>>,
    is_strict: bool,
}

impl Entries {
    const EMPTY: Entries = Entries { by_name: BTreeMap::new(), is_strict: false };
}

global! {
    static GLOBAL: Registry =
        Registry { entries: Mutex::new(Entries::EMPTY), epoch: AtomicU64::new(0) };
}

/// The registry that every program searches.
pub fn global_registry() -> &'static Registry {
    &GLOBAL
}

/// A host function that guests can call.
pub struct Extern {
    name: String,
    signature: Signature,
    function: Box<dyn Fn(&ExternCall<'_>) -> u64 + Send + Sync>,
}

impl Extern {
    /// Creates a function with a name. It receives one word per parameter of the signature and returns
    /// one word, which is ignored if the result is void. To trap, it calls [`raise`](super::raise).
    pub fn new(
        name: impl Into<String>,
        params: &[Type],
        result: Type,
        function: impl Fn(&ExternCall<'_>) -> u64 + Send + Sync + 'static,
    ) -> Self {
        let signature = Signature { params: params.to_vec(), result };
        let function: Box<dyn Fn(&ExternCall<'_>) -> u64 + Send + Sync> = match result {
            // Fits the result to a narrow type: integers are sign-extended, and `i1` is 0 or 1.
            Type::I1 => Box::new(move |call| function(call) & 1),
            Type::I16 => Box::new(move |call| i64::from(function(call) as i16) as u64),
            Type::I32 => Box::new(move |call| i64::from(function(call) as i32) as u64),
            _ => Box::new(function),
        };
        Extern { name: name.into(), signature, function }
    }

    /// The name as it was registered.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Parameters and result.
    #[inline]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Calls the function. The result is a proper value of its type, whatever the function returned.
    #[inline]
    pub(super) fn call(&self, call: &ExternCall<'_>) -> u64 {
        (self.function)(call)
    }
}

impl fmt::Debug for Extern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "extern {}{}", self.name, self.signature)
    }
}

/// The arguments of a call to a host function.
#[derive(Clone, Copy, Debug)]
pub struct ExternCall<'c> {
    pub(super) arguments: &'c [u64],
    pub(super) data: &'c Data,
}

impl ExternCall<'_> {
    /// The arguments as words; one per parameter.
    #[inline]
    pub fn words(&self) -> &[u64] {
        self.arguments
    }

    /// An argument as an integer.
    #[inline]
    pub fn int(&self, nth: usize) -> i64 {
        self.arguments[nth] as i64
    }

    /// An argument as a float.
    #[inline]
    pub fn float(&self, nth: usize) -> f64 {
        f64::from_bits(self.arguments[nth])
    }

    /// An argument as a string; `None` for a null or an invalid handle.
    pub fn text(&self, nth: usize) -> Option<Text> {
        self.data.strings.text(self.arguments[nth])
    }

    /// The word in guest memory that a `ptr` points to, read like a guest's plain load; `None` if it
    /// points to no cell.
    pub fn load(&self, address: u64) -> Option<u64> {
        self.data.memory.load(cell_at(address).ok()?).ok()
    }

    /// Writes a word into guest memory, like a guest's plain store; `None` if the `ptr` points to no cell.
    pub fn store(&self, address: u64, word: u64) -> Option<()> {
        self.data.memory.store(cell_at(address).ok()?, word).ok()
    }

    /// Makes a string for use as a result; `None` if the program's string memory is full.
    pub fn string(&self, text: &str) -> Option<u64> {
        self.data.strings.intern(text)
    }
}

/// In strict mode, a name was registered again with a different signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("extern '{name}' is registered as {registered} and cannot become {refused}")]
pub struct SignatureConflict {
    /// The name as it was given.
    pub name: String,
    /// The signature that stays registered.
    pub registered: Signature,
    /// The signature that was refused.
    pub refused: Signature,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Registry { entries: Mutex::new(Entries::EMPTY), epoch: AtomicU64::new(0) }
    }

    /// Registers a function under its name, and returns the one that it replaces. Calls that already
    /// have that function finish with it.
    ///
    /// # Errors
    /// [`SignatureConflict`] in strict mode, with nothing changed.
    pub fn register(&self, function: Extern) -> Result<Option<Arc<Extern>>, SignatureConflict> {
        let key = key(&function.name);
        let mut entries = self.entries.lock().unwrap();
        if entries.is_strict
            && let Some(known) = entries.by_name.get(&key)
            && known.signature != function.signature
        {
            return Err(SignatureConflict {
                name: function.name,
                registered: known.signature.clone(),
                refused: function.signature,
            });
        }
        let replaced = entries.by_name.insert(key, Arc::new(function));
        self.changed();
        Ok(replaced)
    }

    /// Removes a name. Calls that already have the function finish with it.
    pub fn unregister(&self, name: &str) -> Option<Arc<Extern>> {
        let mut entries = self.entries.lock().unwrap();
        let removed = entries.by_name.remove(&key(name))?;
        self.changed();
        Some(removed)
    }

    /// The function under a name.
    pub fn look_up(&self, name: &str) -> Option<Arc<Extern>> {
        self.entries.lock().unwrap().by_name.get(&key(name)).cloned()
    }

    /// Whether a name may be registered again only with the same signature.
    pub fn set_strict(&self, is_strict: bool) {
        self.entries.lock().unwrap().is_strict = is_strict;
    }

    /// Counts a change. The caller holds the lock.
    #[track_caller]
    fn changed(&self) {
        // ORDER: Relaxed. The change is made inside the lock: a thread that reads the new epoch and then
        // takes the lock sees the change. A thread that happens after the change reads the new epoch by
        // coherence alone.
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    #[track_caller]
    fn epoch(&self) -> u64 {
        // ORDER: Relaxed. See `changed`.
        self.epoch.load(Ordering::Relaxed)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Registry::new()
    }
}

fn key(name: &str) -> String {
    without_prefix(name).to_ascii_lowercase()
}

/// The target of a call site.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A function of the runtime.
    Builtin(Builtin),
    /// A registered function.
    Registered(Arc<Extern>),
}

/// Why a call site has no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unresolved {
    /// No function has this name.
    #[error("{}", refusal::not_registered(.0).1)]
    Missing(String),
    /// The function's signature does not match the declaration.
    #[error("extern '{name}' is declared as {declared}, but registered as {registered}")]
    Signature { name: String, declared: Signature, registered: Signature },
}

/// One VM's view of the program's externs, so that a call takes no lock. The cache owns its targets: a call
/// borrows the function from here, so VMs that call the same function do not contend for its reference count.
#[derive(Debug)]
pub(super) struct Cache {
    own: Option<Arc<Registry>>,
    /// The epochs of `own` and of the global registry when the targets were resolved.
    epochs: (u64, u64),
    /// Empty until the first call, so that a thread that makes none does not pay for the module's externs.
    targets: Vec<Option<Target>>,
    externs: usize,
}

impl Cache {
    pub(super) fn new(own: Option<Arc<Registry>>, externs: usize) -> Self {
        Cache { own, epochs: (0, 0), targets: Vec::new(), externs }
    }

    /// A new thread's view of the same registries.
    pub(super) fn inherited(&self) -> Self {
        Cache::new(self.own.clone(), self.externs)
    }

    /// The cached target of the extern with this index, if the registries have not changed since.
    #[inline]
    pub(super) fn known(&self, index: u16) -> Option<&Target> {
        if self.epochs != self.epochs_now() {
            return None;
        }
        self.targets.get(usize::from(index))?.as_ref()
    }

    /// Resolves the target of the extern with this index now.
    #[cold]
    pub(super) fn find(&mut self, index: u16, info: &ExternInfo) -> Result<&Target, Unresolved> {
        let epochs = self.epochs_now();
        if self.epochs != epochs || self.targets.is_empty() {
            self.targets.clear();
            self.targets.resize(self.externs, None);
            self.epochs = epochs;
        }
        let target = resolve(self.own.as_deref(), info)?;
        Ok(self.targets[usize::from(index)].insert(target))
    }

    #[inline]
    fn epochs_now(&self) -> (u64, u64) {
        (self.own.as_ref().map_or(0, |own| own.epoch()), GLOBAL.epoch())
    }
}

fn resolve(own: Option<&Registry>, info: &ExternInfo) -> Result<Target, Unresolved> {
    let registered =
        own.and_then(|own| own.look_up(&info.name)).or_else(|| GLOBAL.look_up(&info.name));
    match (registered, info.builtin) {
        (Some(function), _) if function.signature == info.signature => {
            Ok(Target::Registered(function))
        }
        (Some(function), _) => Err(Unresolved::Signature {
            name: info.name.clone(),
            declared: info.signature.clone(),
            registered: function.signature.clone(),
        }),
        (None, Some(builtin)) => Ok(Target::Builtin(builtin)),
        (None, None) => Err(Unresolved::Missing(info.name.clone())),
    }
}
