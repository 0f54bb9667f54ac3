//! Statements live in files, one each; a database names its own, and a test prepares them all.

/// Constants from files beside the caller, and `ALL` of them for the test that prepares each.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $file:literal),+ $(,)?) => {
        $($(#[$doc])* pub const $name: &str = include_str!($file);)+
        /// All of them, for the test that prepares each.
        pub const ALL: &[&str] = &[$($name),+];
    };
}
