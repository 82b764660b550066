//! The closed lists of words that stand in labels.

use std::sync::atomic::{AtomicU64, Ordering};

/// Words that a label can have, and a counter for each.
macro_rules! kinds {
    ($(#[$about:meta])* $name:ident, $counts:ident { $($(#[$doc:meta])* $variant:ident => $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $name {
            $($(#[$doc])* $variant),+
        }

        impl $name {
            /// All of them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the label.
            pub(crate) fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        /// A count of each.
        #[derive(Debug, Default)]
        pub(crate) struct $counts([AtomicU64; $name::ALL.len()]);

        impl $counts {
            /// Counts one more.
            pub(crate) fn note(&self, kind: $name) {
                self.0[kind as usize].fetch_add(1, Ordering::Relaxed);
            }

            /// Every kind and its count.
            pub(crate) fn iter(&self) -> impl Iterator<Item = ($name, u64)> {
                let count = |kind: &$name| (*kind, self.0[*kind as usize].load(Ordering::Relaxed));
                $name::ALL.iter().map(count)
            }
        }
    };
}

kinds! {
    /// Why a request was refused or failed.
    ErrorKind, ErrorCounts {
        /// The body is not what its content type says, or the type is not taken.
        Body => "body",
        /// A field does not fit the model's signature.
        Signature => "signature",
        /// Too many bytes or rows.
        Size => "size",
        /// The client took too long.
        Timeout => "timeout",
        /// No key or token, or a wrong one.
        Auth => "auth",
        /// The key does not open this path.
        Scope => "scope",
        /// Too many requests.
        Rate => "rate",
        /// No such path, model or version.
        NotFound => "not_found",
        /// A path that does not take the method.
        Method => "method",
        /// The server cannot answer now.
        Unavailable => "unavailable",
        /// The model did not answer a request that it should have.
        Model => "model",
        /// A fault of the server.
        Internal => "internal",
    }
}

kinds! {
    /// Why a new version was not taken.
    ReloadFailure, ReloadFailures {
        /// The source did not answer.
        Unreachable => "unreachable",
        /// The source answered, but has no such model, alias or bundle.
        Missing => "missing",
        /// The bundle is not the one that was promised, or is damaged.
        Digest => "digest",
        /// The bundle does not answer its example as recorded.
        SelfTest => "self_test",
        /// The model needs what this server does not have.
        Unsupported => "unsupported",
        /// The copy could not be kept on this machine.
        Storage => "storage",
        /// Anything else.
        Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_counted_by_itself() {
        let counts = ErrorCounts::default();
        counts.note(ErrorKind::Rate);
        counts.note(ErrorKind::Rate);
        counts.note(ErrorKind::Internal);
        let found: Vec<(&str, u64)> =
            counts.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| (kind.word(), n)).collect();
        assert_eq!(found, [("rate", 2), ("internal", 1)]);
    }
}
