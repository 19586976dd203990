//! Enums whose values are words of the text.

/// Declares such an enum: each row is a variant and its word.
macro_rules! words {
    (
        $(#[$about:meta])* $enum:ident;
        $( $(#[$doc:meta])* $variant:ident $word:literal; )*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum {
            $( $(#[$doc])* $variant, )*
        }

        impl $enum {
            /// All values, in the order of the table.
            pub const ALL: &[$enum] = &[ $( $enum::$variant, )* ];

            /// The word in the text.
            pub fn name(self) -> &'static str {
                match self { $( $enum::$variant => $word, )* }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(super) use words;
