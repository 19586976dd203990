//! What `global!` and `local!` expand to in the instrumented worlds, which differ in their names.

/// Expands to process-wide state, with the `Global` of the world that is named first.
#[doc(hidden)]
#[macro_export]
macro_rules! __global {
    ($world:ident: $($(#[$meta:meta])* $vis:vis static $name:ident: $ty:ty = $init:expr;)*) => {$(
        $(#[$meta])*
        #[allow(non_camel_case_types, missing_debug_implementations)]
        $vis struct $name { private: () }
        $(#[$meta])*
        $vis static $name: $name = $name { private: () };
        impl ::std::ops::Deref for $name {
            type Target = $ty;

            fn deref(&self) -> &$ty {
                static GLOBAL: $crate::$world::sync::Global<$ty> =
                    $crate::$world::sync::Global::new(|| $init);
                let () = self.private;
                GLOBAL.get()
            }
        }
    )*};
}

/// Expands to thread-local state, with the `LocalKey` of the world that is named first.
#[doc(hidden)]
#[macro_export]
macro_rules! __local {
    ($world:ident: $($(#[$meta:meta])* $vis:vis static $name:ident: $ty:ty = $init:expr;)*) => {$(
        $(#[$meta])*
        $vis static $name: $crate::$world::sync::LocalKey<$ty> = {
            $crate::$world::__thread_local! { static RAW: $ty = $init; }
            $crate::$world::sync::LocalKey::new(&RAW, || $init, stringify!($name))
        };
    )*};
}
