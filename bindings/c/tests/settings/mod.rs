//! Generates the setters of options from the core's description of the settings: the functions in C with their
//! comments, the methods in C++, and the calls of all setters for the tests in C.

use crate::codes::wrapped;
use crate::{snake_case, without_unit};
use polar_license::schema;
use serde_json::Value;
use std::fmt::Write;

/// Words of the core's descriptions, each with the words that replace it in the C header. The names of settings are
/// replaced without this list.
const WORDS: [(&str, &str); 4] = [
    ("`validate`", "polar_license_validate()"),
    (
        "It is the `nextUrl` of a decision or an error if",
        "polar_license_decision_next_url() and polar_license_error_next_url() return it if",
    ),
    ("`updates_ended`", "POLAR_LICENSE_REASON_UPDATES_ENDED"),
    (
        "Let the build set it.",
        "Let the build set it, for example with CMake: string(TIMESTAMP BUILT \"%Y-%m-%d\" UTC).",
    ),
];

/// The marks in the C++ header. The generated methods are written between them.
pub const BEGIN: &str = "    // Generated from the settings of the core: do not edit.\n";
pub const END: &str = "    // End of what is generated.\n";

const WIDTH: usize = 120;

const HEAD_OF_SOURCE: &str =
    "//! The setters of the settings. Written by bindings/c/tests/settings from the core's description: do not edit.
#![expect(unsafe_code, reason = \"exported functions are `#[unsafe(no_mangle)]`\")]

use super::{Options, set, whole};
use crate::argument;
use std::ffi::c_char;
use std::time::Duration;
";

/// A function that sets a setting, or a part of a setting.
struct Setter {
    /// The rest of the name in C, after `polar_license_options_`.
    name: String,
    /// The name of the method in C++ and of the method of the Rust builder.
    method: String,
    comment: String,
    arguments: Vec<Argument>,
}

struct Argument {
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    String,
    /// A string that the Rust builder takes as an array.
    ArrayOfOne,
    Boolean,
    Milliseconds,
    Unsigned32,
    Unsigned64,
    Signed64,
    /// A double without a fraction.
    Whole,
}

/// The type that a setting has in JSON.
enum Shape {
    One(Kind),
    /// An array of strings.
    Strings,
    /// An object that has an array of strings for each name.
    NamedStrings,
    /// An object that has a string, a number or a boolean for each name.
    Values,
    /// An object that has a sentence for each code.
    Sentences,
    /// An object with these members. Each has a description.
    Members(Vec<(Argument, String)>),
}

struct Setting {
    /// The member's name in JSON, and the same in lower case with underscores.
    member: String,
    name: String,
    description: String,
    shape: Shape,
}

/// Returns the Rust source of the setters.
pub fn source() -> String {
    let mut text = String::from(HEAD_OF_SOURCE);
    for setter in settings().iter().flat_map(|setting| setting.setters()) {
        setter.write_rust(&mut text);
    }
    text
}

/// Returns the methods of `polar::options`.
pub fn methods() -> String {
    let mut text = String::new();
    for setting in settings() {
        setting.write_cpp(&mut text);
    }
    text
}

/// Returns a header for tests in C that contains calls of all setters.
pub fn calls() -> String {
    let setters: Vec<Setter> = settings().iter().flat_map(Setting::setters).collect();
    let mut text = String::from(
        "/* The calls of all setters of settings. Written by bindings/c/tests/settings from the core's description: do not
 * edit. `CALL` is a macro that takes the function and its arguments in parentheses. */

/* Calls each setter with the options `o` and valid types. */
#define CALL_EVERY_SETTER(CALL, o)",
    );
    for setter in &setters {
        setter.write_call(&mut text, None);
    }
    text.push_str(
        "\n\n/* Calls each setter that takes strings: once for each of its strings, which is then `text`. */
#define CALL_SETTERS_OF_STRINGS(CALL, o, text)",
    );
    for setter in &setters {
        for (at, argument) in setter.arguments.iter().enumerate() {
            if argument.kind.is_string() {
                setter.write_call(&mut text, Some(at));
            }
        }
    }
    text.push_str("\n\n/* The setters whose only argument is a string. */\n#define SETTERS_OF_ONE_STRING");
    let of_one_string = setters.iter().filter(|setter| matches!(&setter.arguments[..], [it] if it.kind.is_string()));
    let names: Vec<String> = of_one_string.map(Setter::function).collect();
    write!(text, " \\\n    {}\n", names.join(", \\\n    ")).unwrap();
    text
}

/// Returns all settings except the two with which options are created.
fn settings() -> Vec<Setting> {
    let schema = schema::settings().to_value();
    let members = schema["properties"].as_object().unwrap().iter();
    let optional = members.filter(|(member, _)| !["organizationId", "appId"].contains(&member.as_str()));
    let settings = optional.map(|(member, property)| Setting {
        member: member.clone(),
        name: snake_case(member),
        description: description(property),
        shape: shape(&schema, member, property),
    });
    settings.collect()
}

fn shape(schema: &Value, member: &str, property: &Value) -> Shape {
    if let Some(reference) = property.pointer("/anyOf/0/$ref") {
        let definition = schema.pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap();
        let members = definition["properties"].as_object().unwrap().iter();
        let members = members.map(|(name, member)| {
            let kind = kind(name, member);
            (Argument { name: snake_case(name), kind }, description(member))
        });
        return Shape::Members(members.collect());
    }
    match type_of(property) {
        "array" => Shape::Strings,
        "object" if property["additionalProperties"]["$ref"] == "#/$defs/Value" => Shape::Values,
        "object" => match type_of(&property["additionalProperties"]) {
            "array" => Shape::NamedStrings,
            "string" => Shape::Sentences,
            other => panic!("no setter in C for an object of {other}: {member}"),
        },
        _ => Shape::One(kind(member, property)),
    }
}

fn kind(member: &str, property: &Value) -> Kind {
    match (type_of(property), property["format"].as_str()) {
        ("string", _) => Kind::String,
        ("boolean", _) => Kind::Boolean,
        ("integer", Some("uint64")) if member.ends_with("Ms") => Kind::Milliseconds,
        ("integer", Some("uint64")) => Kind::Unsigned64,
        ("integer", Some("uint32")) => Kind::Unsigned32,
        other => panic!("no type in C for {other:?}: {member}"),
    }
}

/// Returns the type of a member, other than null.
fn type_of(property: &Value) -> &str {
    property["type"].as_str().or_else(|| property["type"][0].as_str()).unwrap()
}

fn description(property: &Value) -> String {
    property["description"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Setting {
    /// Returns the name of one value of a setting that has several values.
    fn singular(&self) -> &str {
        self.name.strip_suffix('s').unwrap_or(&self.name)
    }

    /// Returns the name of the first setter.
    fn first_setter(&self) -> String {
        match self.shape {
            Shape::One(_) | Shape::Members(_) | Shape::Sentences => format!("set_{}", self.name),
            Shape::Strings | Shape::NamedStrings => format!("add_{}", self.singular()),
            Shape::Values => format!("set_{}", self.singular()),
        }
    }

    fn setters(&self) -> Vec<Setter> {
        let one = self.singular();
        let named = |kind| vec![argument("name", Kind::String), argument("value", kind)];
        match &self.shape {
            Shape::One(kind) => vec![self.first(without_unit(&self.name), vec![argument(&self.name, *kind)])],
            Shape::Strings => vec![self.first(one, vec![argument(one, Kind::String)])],
            Shape::NamedStrings => vec![self.first(one, named(Kind::ArrayOfOne))],
            Shape::Values => {
                let mut setters = vec![self.first(one, named(Kind::String))];
                setters.extend(VALUES.map(|(suffix, kind, is)| Setter {
                    name: format!("set_{one}_{suffix}"),
                    method: one.to_owned(),
                    comment: format!("Adds a value that is {is}. See polar_license_options_set_{one}()."),
                    arguments: named(kind),
                }));
                setters
            }
            Shape::Sentences => {
                let arguments = vec![argument("code", Kind::String), argument("sentence", Kind::String)];
                let comment = format!("Adds a sentence under its code. See polar_license_options_set_{}().", self.name);
                let second = Setter { name: format!("set_{one}"), method: one.to_owned(), comment, arguments };
                vec![self.first(&self.name, vec![argument("catalogue", Kind::String)]), second]
            }
            Shape::Members(members) => {
                let arguments = members.iter().map(|(member, _)| argument(&member.name, member.kind)).collect();
                vec![self.first(&self.name, arguments)]
            }
        }
    }

    /// Returns the first setter. Its comment contains the description of the setting.
    fn first(&self, method: &str, arguments: Vec<Argument>) -> Setter {
        let copied = match arguments.iter().filter(|argument| argument.kind.is_string()).count() {
            0 => "",
            1 => "The string is copied. ",
            _ => "The strings are copied. ",
        };
        let comment = format!(
            "{}\n\n{copied}One thread at a time; never blocks. In JSON: {}.",
            self.in_words_of_c(),
            self.member
        );
        Setter { name: self.first_setter(), method: method.to_owned(), comment, arguments }
    }

    /// Returns the description of the setting after a verb such as "Sets".
    fn sentences(&self) -> String {
        let description = lower_first(&self.description);
        match &self.shape {
            Shape::One(Kind::Boolean) => format!("Sets {description} Any value but 0 is true."),
            Shape::One(_) => format!("Sets {description}"),
            Shape::Strings => format!("Adds one of {description} Call it again for each further value."),
            Shape::NamedStrings => {
                format!("Adds a name and a value to {description} Call it again for each further value of a name.")
            }
            Shape::Values => format!("Adds one of {description}"),
            Shape::Sentences => format!("Adds the values of a JSON object to {description}"),
            Shape::Members(members) => {
                let about =
                    members.iter().map(|(member, about)| format!(" `{}` is {}", member.name, lower_first(about)));
                format!("Sets {description}{}", about.collect::<String>())
            }
        }
    }

    fn in_words_of_c(&self) -> String {
        let mut text = self.sentences();
        for (core, c) in WORDS {
            text = text.replace(core, c);
        }
        for setting in settings() {
            let setter = format!("polar_license_options_{}()", setting.first_setter());
            text = text.replace(&format!("`{}`", setting.member), &setter);
        }
        for name in text.split('`').skip(1).step_by(2) {
            let is_of_another_language = name.chars().all(char::is_alphabetic) && name.contains(char::is_uppercase);
            assert!(!is_of_another_language, "WORDS must say what C calls `{name}`");
        }
        text
    }

    /// Writes the methods in C++. Their comment is the first sentence of the setting's comment.
    fn write_cpp(&self, text: &mut String) {
        let sentences = self.sentences();
        let first = sentences.split(". ").next().unwrap().trim_end_matches('.');
        for line in wrapped(&format!("{first}."), WIDTH - 8) {
            writeln!(text, "    /// {line}").unwrap();
        }
        for setter in self.setters() {
            if matches!(self.shape, Shape::NamedStrings) {
                text.push_str(&RANGES.replace("METHOD", &setter.method).replace("FUNCTION", &setter.function()));
            } else {
                setter.write_method(text);
            }
        }
        if matches!(self.shape, Shape::Values) {
            text.push_str(&OVERLOADS.replace("METHOD", self.singular()));
        }
    }
}

/// The setters of values that are not strings: the end of the name, the type, and a description of the values.
const VALUES: [(&str, Kind, &str); 3] = [
    ("integer", Kind::Signed64, "an integer"),
    (
        "number",
        Kind::Whole,
        "a whole number, at most 9007199254740991 away from 0: some other numbers never compare equal again at Polar",
    ),
    ("bool", Kind::Boolean, "true (any value but 0) or false"),
];

/// Overloads for string literals and `int`. Without them a string literal would become a boolean, and an `int` would be
/// ambiguous.
const OVERLOADS: &str =
    "    options &METHOD(const std::string &name, const char *value) { return METHOD(name, std::string{value}); }
    options &METHOD(const std::string &name, int value) { return METHOD(name, std::int64_t{value}); }
";

const RANGES: &str = "    options &METHOD(const std::string &name, std::initializer_list<std::string> values)
    {
        return METHOD<std::initializer_list<std::string>>(name, values);
    }
    /// `values` is any range of strings, such as a vector. A single string is not one.
    template <class Range, class = std::enable_if_t<!std::is_convertible_v<const Range &, std::string_view>>>
    options &METHOD(const std::string &name, const Range &values)
    {
        for (const auto &value : values)
            FUNCTION(handle, name.c_str(), std::string{value}.c_str());
        return *this;
    }
";

/// Converts the first letter of a sentence to lower case, for use within another sentence.
fn lower_first(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_lowercase() + rest
}

impl Setter {
    fn function(&self) -> String {
        format!("polar_license_options_{}", self.name)
    }

    fn write_rust(&self, text: &mut String) {
        text.push('\n');
        let paragraphs = self.comment.split("\n\n").map(|paragraph| {
            let lines = wrapped(paragraph, WIDTH - 4);
            lines.iter().map(|line| format!("/// {line}\n")).collect::<String>()
        });
        text.push_str(&paragraphs.collect::<Vec<_>>().join("///\n"));
        text.push_str("#[unsafe(no_mangle)]\n");
        let function = self.function();
        let mut parameters = vec![String::from("options: *mut Options")];
        parameters.extend(self.arguments.iter().map(|it| format!("{}: {}", it.name, it.kind.in_rust())));
        let line = format!("pub extern \"C\" fn {function}({}) -> i32 {{", parameters.join(", "));
        if line.len() <= WIDTH {
            writeln!(text, "{line}").unwrap();
        } else {
            writeln!(text, "pub extern \"C\" fn {function}(\n    {},\n) -> i32 {{", parameters.join(",\n    "))
                .unwrap();
        }
        writeln!(text, "    set(\"{function}\", options, |options| {{").unwrap();
        for Argument { name, kind } in &self.arguments {
            match kind {
                Kind::String | Kind::ArrayOfOne => {
                    writeln!(text, "        let {name} = argument::string(\"{name}\", {name})?;").unwrap();
                }
                Kind::Whole => writeln!(text, "        let {name} = whole(name, {name})?;").unwrap(),
                Kind::Boolean | Kind::Milliseconds | Kind::Unsigned32 | Kind::Unsigned64 | Kind::Signed64 => {}
            }
        }
        let values: Vec<String> = self.arguments.iter().map(Argument::value).collect();
        let call = format!("config.{}({})", self.method, values.join(", "));
        writeln!(text, "        options.edit(|config| {call});\n        Ok(())\n    }})\n}}").unwrap();
    }

    /// Writes a method in C++ that has the arguments of this setter.
    fn write_method(&self, text: &mut String) {
        let parameters: Vec<String> =
            self.arguments.iter().map(|it| format!("{}{}", it.kind.in_cpp(), without_unit(&it.name))).collect();
        let passed: String = self.arguments.iter().map(|it| format!(", {}", it.passed())).collect();
        let head = format!("    options &{}({})", self.method, parameters.join(", "));
        let body = format!("return set({}(handle{passed}));", self.function());
        let line = format!("{head} {{ {body} }}");
        if line.len() <= WIDTH {
            writeln!(text, "{line}").unwrap();
        } else {
            write!(text, "{head}\n    {{\n        {body}\n    }}\n").unwrap();
        }
    }

    /// Writes a call of this setter. The argument at the index `tested` is `text`.
    fn write_call(&self, text: &mut String, tested: Option<usize>) {
        let arguments = self.arguments.iter().enumerate().map(|(at, argument)| match argument.kind {
            Kind::String | Kind::ArrayOfOne if tested == Some(at) => ", text",
            Kind::String | Kind::ArrayOfOne => ", \"x\"",
            Kind::Boolean | Kind::Milliseconds | Kind::Unsigned32 | Kind::Unsigned64 | Kind::Signed64 | Kind::Whole => {
                ", 1"
            }
        });
        write!(text, " \\\n    CALL({}, (o{}));", self.function(), arguments.collect::<String>()).unwrap();
    }
}

fn argument(name: &str, kind: Kind) -> Argument {
    Argument { name: name.to_owned(), kind }
}

impl Argument {
    /// Returns the expression that the Rust builder gets for this argument.
    fn value(&self) -> String {
        match self.kind {
            Kind::String | Kind::Unsigned32 | Kind::Unsigned64 | Kind::Signed64 | Kind::Whole => self.name.clone(),
            Kind::ArrayOfOne => format!("[{}]", self.name),
            Kind::Boolean => format!("{} != 0", self.name),
            Kind::Milliseconds => format!("Duration::from_millis({})", self.name),
        }
    }

    /// Returns the expression that C++ passes to C for this argument.
    fn passed(&self) -> String {
        let name = without_unit(&self.name);
        match self.kind {
            Kind::String | Kind::ArrayOfOne => format!("{name}.c_str()"),
            Kind::Milliseconds => format!("count({name})"),
            Kind::Boolean | Kind::Unsigned32 | Kind::Unsigned64 | Kind::Signed64 | Kind::Whole => name.to_owned(),
        }
    }
}

impl Kind {
    fn is_string(self) -> bool {
        matches!(self, Self::String | Self::ArrayOfOne)
    }

    fn in_rust(self) -> &'static str {
        match self {
            Self::String | Self::ArrayOfOne => "*const c_char",
            Self::Boolean => "i32",
            Self::Unsigned32 => "u32",
            Self::Milliseconds | Self::Unsigned64 => "u64",
            Self::Signed64 => "i64",
            Self::Whole => "f64",
        }
    }

    fn in_cpp(self) -> &'static str {
        match self {
            Self::String | Self::ArrayOfOne => "const std::string &",
            Self::Boolean => "bool ",
            Self::Milliseconds => "milliseconds ",
            Self::Unsigned32 => "std::uint32_t ",
            Self::Unsigned64 => "std::uint64_t ",
            Self::Signed64 => "std::int64_t ",
            Self::Whole => "double ",
        }
    }
}
