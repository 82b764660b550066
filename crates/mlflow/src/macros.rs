//! Declares messages and enumerations: a struct with serde, and its description.

/// `Name { field: label Type, ... }` for each message. A field that may be missing is an `Option`.
macro_rules! messages {
    ($($(#[$meta:meta])* $name:ident { $($field:ident : $label:ident $kind:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        #[allow(missing_docs, reason = "the fields are MLflow's, and documented there")]
        pub struct $name {
            $(
                #[serde(skip_serializing_if = "crate::macros::Absent::absent")]
                pub $field: crate::macros::field_type!($label $kind),
            )*
        }

        impl crate::Message for $name {
            const FIELDS: &'static [crate::Field] = &[$(crate::Field {
                name: stringify!($field),
                label: crate::macros::label!($label),
                kind: <$kind as crate::Kind>::KIND,
            }),*];
        }
    )*};
}

macro_rules! field_type {
    (optional $kind:ty) => { Option<$kind> };
    (required $kind:ty) => { Option<$kind> };
    (repeated $kind:ty) => { Vec<$kind> };
}

macro_rules! label {
    (optional) => {
        crate::Label::Optional
    };
    (required) => {
        crate::Label::Required
    };
    (repeated) => {
        crate::Label::Repeated
    };
}

/// `Name { Variant = number "NAME", ... }` for each enumeration.
macro_rules! enumerations {
    ($($(#[$meta:meta])* $name:ident { $($variant:ident = $number:literal $text:literal),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[allow(missing_docs, reason = "the variants are MLflow's, and documented there")]
        pub enum $name { $(#[serde(rename = $text)] $variant = $number),* }

        impl $name {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// MLflow's name of it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// MLflow's number of it.
            #[must_use]
            pub fn number(self) -> i32 {
                self as i32
            }

            /// The value of that name.
            #[must_use]
            pub fn of_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }

            /// The value of that number.
            #[must_use]
            pub fn of_number(number: i64) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| i64::from(value.number()) == number)
            }
        }

        impl crate::Kind for $name {
            const KIND: crate::FieldKind = crate::FieldKind::Enum(&[$(($text, $number)),*]);
        }
    )*};
}

/// `Request METHOD "path" => Answer` for each endpoint.
macro_rules! endpoints {
    ($($request:ident $method:ident $path:literal => $answer:ty;)*) => {$(
        impl crate::Endpoint for $request {
            const METHOD: crate::Method = crate::Method::$method;
            const PATH: &'static str = $path;
            type Answer = $answer;
        }
    )*};
}

pub(crate) use {endpoints, enumerations, field_type, label, messages};

/// Whether a field is left out of JSON: only what is not set, never what happens to be zero.
pub(crate) trait Absent {
    fn absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn absent(&self) -> bool {
        self.is_empty()
    }
}
