//! Maps from strings to words (`Threads.ConcurrentMap`). Equal strings have equal handles, which are the keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::class::{Class, Response, WORDS_MAX, Way, full};
use crate::interp::ThreadId;

/// A map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Map {
    entries: BTreeMap<u64, u64>,
}

/// What can be done with a map.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MapUse {
    /// Gives a key this word.
    Set(u64, u64),
    /// The word of a key.
    Get(u64),
    /// Whether there is a key.
    Has(u64),
    /// Gives a key this word unless it has one; whether it had none.
    SetIfMissing(u64, u64),
    /// Removes a key; whether it was there.
    Remove(u64),
    /// Removes all keys.
    Clear,
    /// Each key, with its word behind it.
    Entries,
    /// The number of keys.
    Count,
    /// Whether there is no key.
    IsEmpty,
}

impl Class for Map {
    type Use = MapUse;
    const NAME: &'static str = "ConcurrentMap";
    const NOUN: &'static str = "map";

    fn is_possible(&self, _: ThreadId, _: &MapUse) -> bool {
        true
    }

    fn perform(&mut self, _: ThreadId, way: &MapUse) -> Response<MapUse> {
        let has = |key: &u64| self.entries.contains_key(key);
        match way {
            MapUse::Set(key, _) | MapUse::SetIfMissing(key, _)
                if self.entries.len() >= WORDS_MAX && !has(key) =>
            {
                Response::Refused(full("ConcurrentMap.Set"))
            }
            MapUse::SetIfMissing(key, _) if has(key) => Response::Word(0),
            &(MapUse::Set(key, word) | MapUse::SetIfMissing(key, word)) => {
                self.entries.insert(key, word);
                Response::Word(1)
            }
            MapUse::Get(key) => {
                self.entries.get(key).map_or(Response::Nothing, |&word| Response::Word(word))
            }
            MapUse::Has(key) => Response::Word(u64::from(has(key))),
            MapUse::Remove(key) => Response::Word(u64::from(self.entries.remove(key).is_some())),
            MapUse::Clear => {
                self.entries.clear();
                Response::Word(0)
            }
            MapUse::Entries => {
                let words: Arc<[u64]> =
                    self.entries.iter().flat_map(|(&key, &word)| [key, word]).collect();
                Response::Words(words)
            }
            MapUse::Count => Response::Word(self.entries.len() as u64),
            MapUse::IsEmpty => Response::Word(u64::from(self.entries.is_empty())),
        }
    }
}

impl Way for MapUse {
    fn function(&self) -> &'static str {
        match self {
            MapUse::Set(..) => "Set",
            MapUse::Get(_) => "Get",
            MapUse::Has(_) => "Has",
            MapUse::SetIfMissing(..) => "SetIfMissing",
            MapUse::Remove(_) => "Remove",
            MapUse::Clear => "Clear",
            MapUse::Entries => "Entries",
            MapUse::Count => "get_Count",
            MapUse::IsEmpty => "get_IsEmpty",
        }
    }

    fn arguments(&self) -> Vec<u64> {
        match *self {
            MapUse::Set(key, word) | MapUse::SetIfMissing(key, word) => vec![key, word],
            MapUse::Get(key) | MapUse::Has(key) | MapUse::Remove(key) => vec![key],
            MapUse::Clear | MapUse::Entries | MapUse::Count | MapUse::IsEmpty => Vec::new(),
        }
    }

    fn is_told(&self) -> bool {
        !matches!(self, MapUse::Set(..) | MapUse::Clear | MapUse::Entries)
    }
}
