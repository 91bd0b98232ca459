//! Enums whose variants have names outside of Rust. Each enum is defined by one table. A row of the table has the
//! documentation of a variant, its name, and its number in C if it has one. Everything else is generated from the rows,
//! so that a variant without a name does not compile. A name never changes, and a number is never reused.
//!
//! | macro | defines |
//! |---|---|
//! | `names!` | a closed set of names |
//! | `codes!` | a closed set of names, each with a number |
//! | `open_names!` | the names that Polar uses, and any name that Polar adds later |

use std::fmt;

/// The error for a name that this version does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName(pub(crate) &'static str);

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not the name of a `{}`", self.0)
    }
}

impl std::error::Error for UnknownName {}

/// Defines an enum in which each variant has a name.
macro_rules! names {
    (
        $(#[doc = $about:literal])+
        pub enum $type:ident {
            $($(#[doc = $doc:literal])+ $variant:ident = $name:literal $(, $number:literal)?;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[doc = $doc])+ $variant $(= $number)?,)+
        }

        impl $type {
            /// All variants, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name, which is the same in all languages.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The description of the type, for the documentation of bindings.
            #[doc(hidden)]
            pub const ABOUT: &'static str = concat!($($about, "\n"),+);

            /// Returns the description of the variant, for the documentation of bindings.
            #[doc(hidden)]
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc, "\n"),+),)+
                }
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err($crate::names::UnknownName(stringify!($type))),
                }
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }

        $crate::names::written_as_name!($type, {
            let names: Vec<&str> = Self::ALL.iter().map(|variant| variant.as_str()).collect();
            schemars::json_schema!({ "type": "string", "enum": names, "description": Self::ABOUT.trim() })
        });
    };
}

/// Defines an enum in which each variant has a name and a number.
macro_rules! codes {
    (
        $(#[doc = $about:literal])+
        pub enum $type:ident {
            $($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $number:literal;)+
        }
    ) => {
        $crate::names::names! {
            $(#[doc = $about])+
            pub enum $type {
                $($(#[doc = $doc])+ $variant = $name, $number;)+
            }
        }

        impl $type {
            /// Returns the number used in C.
            pub const fn number(self) -> i32 {
                self as i32
            }

            /// Returns the variant with this number.
            pub const fn from_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

/// Defines an enum of the names that Polar uses. A name that this version does not know is kept as a string.
macro_rules! open_names {
    (
        $(#[doc = $about:literal])+
        pub enum $type:ident {
            $($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[doc = $doc])+ $variant,)+
            /// A name that this version of the library does not know, as Polar sent it.
            Other(String),
        }

        impl $type {
            /// The names that this version knows, each with its meaning. The bindings declare the same names in their
            /// types.
            #[doc(hidden)]
            pub const KNOWN: &'static [(&'static str, &'static str)] = &[$(($name, concat!($($doc, "\n"),+))),+];

            /// Returns Polar's name.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(name) => name,
                }
            }
        }

        impl From<String> for $type {
            fn from(name: String) -> Self {
                match name.as_str() {
                    $($name => Self::$variant,)+
                    _ => Self::Other(name),
                }
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        $crate::names::written_as_name!($type, schemars::json_schema!({ "type": "string" }));
    };
}

/// Implements `Display`, `Serialize` and `JsonSchema` for an enum. The enum is written as the string that its `as_str`
/// returns, and `$schema` is its JSON schema.
macro_rules! written_as_name {
    ($type:ident, $schema:expr) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $schema
            }
        }
    };
}

pub(crate) use {codes, names, open_names, written_as_name};
