//! The runtime's functions: those externs that every program finds without registering anything.
//!
//! A row of the table names the function, gives its signature and says, once, what it does in
//! terms of a [`Host`]. An extern that is registered under the same name takes its place.

/// Declares [`Builtin`] from its table.
macro_rules! builtins {
    ($( $(#[doc = $doc:literal])* $name:ident $text:literal [$($alias:literal),*] ($($param:ident),*) -> $result:ident
        |$host:ident, $args:ident| $body:expr; )*) => {
        /// A function of the runtime.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Builtin {
            $( $(#[doc = $doc])* $name, )*
        }

        impl Builtin {
            /// All of them, in the order of the table.
            pub const ALL: &[Builtin] = &[ $( Builtin::$name, )* ];

            /// The name without its `Viper.` or `Zanna.`.
            pub fn name(self) -> &'static str {
                match self { $( Builtin::$name => $text, )* }
            }

            /// What it does, line by line, each with a leading space.
            pub fn meaning(self) -> &'static [&'static str] {
                match self { $( Builtin::$name => &[ $($doc),* ], )* }
            }

            /// Other names for the same, without prefix.
            pub fn aliases(self) -> &'static [&'static str] {
                match self { $( Builtin::$name => &[ $($alias),* ], )* }
            }

            /// Parameters and result.
            pub fn signature(self) -> Signature {
                match self {
                    $( Builtin::$name => Signature { params: vec![$(Type::$param),*], result: Type::$result }, )*
                }
            }

            /// Carries it out. The arguments are the first of `words`. Gives the result's word, if
            /// there is a result.
            pub fn perform<H: Host>(self, host: &mut H, words: &[u64]) -> Result<u64, Stop> {
                Ok(match self {
                    $( Builtin::$name => {
                        let ($host, $args) = (host, words);
                        let _ = &$args;
                        $body.into_word()
                    } )*
                })
            }
        }
    };
}

mod ask;
mod parts;
mod table;
mod text;

pub(super) use ask::POOL_WORKER;
pub use table::{ALLOCATING, Builtin};

impl Builtin {
    /// The function with this name, whatever its case, under either of the project's prefixes.
    pub fn find(name: &str) -> Option<Builtin> {
        let bare = without_prefix(name);
        Builtin::ALL.iter().copied().find(|builtin| {
            builtin.name().eq_ignore_ascii_case(bare)
                || builtin.aliases().iter().any(|alias| alias.eq_ignore_ascii_case(bare))
        })
    }
}

/// An extern's name without `Viper.` or `Zanna.`, the two names of one project.
pub fn without_prefix(name: &str) -> &str {
    ["viper.", "zanna."]
        .into_iter()
        .find_map(|prefix| {
            let head = name.get(..prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
        })
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_under_both_prefixes_in_any_case() {
        for name in ["Viper.Terminal.PrintI64", "zanna.TERMINAL.printi64", "rt_print_i64"] {
            assert_eq!(Builtin::find(name), Some(Builtin::PrintI64), "{name}");
        }
        assert_eq!(Builtin::find("Viper.Terminal.PrintI65"), None);
        assert_eq!(Builtin::find("Vipér"), None);
    }

    #[test]
    fn every_function_that_makes_an_object_is_known_to_take_memory() {
        let makes = |it: &Builtin| {
            let name = it.name();
            let boxes = name.starts_with("Core.Box.") && !name.starts_with("Core.Box.To");
            boxes || name.ends_with(".New") || name.ends_with("Option")
        };
        let makers: Vec<Builtin> = Builtin::ALL.iter().copied().filter(makes).collect();
        assert!(makers.len() > 15, "{makers:?}");
        for it in makers {
            assert!(ALLOCATING.contains(&it), "{it:?}");
        }
    }

    #[test]
    fn no_two_functions_share_a_name() {
        let mut names: Vec<String> = Builtin::ALL
            .iter()
            .flat_map(|b| std::iter::once(b.name()).chain(b.aliases().iter().copied()))
            .map(str::to_ascii_lowercase)
            .collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
