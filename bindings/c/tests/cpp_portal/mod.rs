//! Generates the C++ header of the customer portal from the core's descriptions: a class for each object of the
//! replies, and a method for each operation.

use crate::codes::{Row, rows, wrapped};
use polar_license::Deactivated;
use polar_license::portal::KeyStatus;
use polar_license::schema::{self, PORTAL_OPERATIONS, PortalOperation};
use serde_json::Value;
use std::fmt::Write;

/// The text around the generated classes. It has a mark in each place where generated text is inserted.
const TEMPLATE: &str = include_str!("template.hpp");

const WIDTH: usize = 120;

/// Phrases in the core's documentation, each followed by the phrase that replaces it in C++.
const WORDS: [(&str, &str); 4] = [("; null ", "; none "), ("`withinMs`", "`within`"), ("`", ""), ("…", "...")];

/// The objects of the portal for which this test generates classes. Each class comes after the classes that it uses.
const CLASSES: [&str; 7] = ["Customer", "CodeRequest", "Purchase", "LicenseKey", "Device", "Devices", "Restored"];

/// Returns the text of `polar_license_portal.hpp`.
pub fn header() -> String {
    let schemas = schema::portal();
    let classes = CLASSES.map(|name| {
        let (_, schema) = schemas.iter().find(|(known, _)| *known == name).unwrap();
        class(name, schema.as_value())
    });
    let refusal = class("Refusal", &schema::error().to_value()["$defs"]["Error"]);
    let enums = [
        enumeration("key_status", "Whether one of the customer's license keys can be used.", &rows!(KeyStatus)),
        names_of("deactivated", &rows!(Deactivated)),
    ];
    TEMPLATE
        .replace("// ENUMERATIONS\n", &enums.join("\n"))
        .replace("// CLASSES\n", &format!("{refusal}\n{}", classes.join("\n")))
        .replace("    // SESSION\n", &methods("session"))
        .replace("    // CHECKOUT\n", &methods("checkout"))
        .replace("    // PORTAL\n", &methods("portal"))
}

/// Returns the C++ source of a scoped enum, and of the function that converts a name to one of the enum's values.
fn enumeration(name: &str, about: &str, rows: &[Row]) -> String {
    let mut text = comment("", &format!("{about} A later version may have more."));
    writeln!(text, "enum class {name} : std::int32_t {{").unwrap();
    for row in rows {
        text += &comment("    ", &row.doc);
        writeln!(text, "    {} = {},", row.name, row.number).unwrap();
    }
    format!("{text}}};\n\n{}", names_of(name, rows))
}

/// Returns the source of the function that converts a name to a value of the enum. Every enum has the value `unknown`
/// for names that it does not know.
fn names_of(name: &str, rows: &[Row]) -> String {
    let mut text = format!("inline void read_name(std::string_view name, {name} &value)\n{{\n");
    writeln!(text, "    value = {name}::unknown;").unwrap();
    for Row { name: code, .. } in rows.iter().filter(|row| row.name != "unknown") {
        writeln!(text, "    if (name == \"{code}\")\n        value = {name}::{code};").unwrap();
    }
    text + "}\n"
}

/// Returns the C++ source of the class for one JSON object. If the object can have one of several forms, the class has
/// the members of all forms.
fn class(name: &str, schema: &Value) -> String {
    let class = snake_case(name);
    let mut text = String::new();
    let mut members: Vec<(&str, &Value)> = Vec::new();
    if let Some(alternatives) = schema["oneOf"].as_array() {
        text += &kinds(&class, alternatives);
        for alternative in alternatives {
            for (member, description) in alternative["properties"].as_object().unwrap() {
                if member != "kind" && !members.iter().any(|(known, _)| *known == member) {
                    members.push((member, description));
                }
            }
        }
    } else {
        members.extend(schema["properties"].as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value)));
    }
    text += &comment("", first_paragraph(schema["description"].as_str().unwrap()));
    writeln!(text, "class {class} : public detail::part {{\n  public:\n    using part::part;\n").unwrap();
    if schema["oneOf"].is_array() {
        text += &comment("    ", "The alternative of this object. The members of the other alternatives are empty.");
        writeln!(text, "    {class}_kind kind() const {{ return code<{class}_kind>(\"/kind\"); }}").unwrap();
    }
    for (member, description) in members.into_iter().filter(|(member, _)| *member != "handle") {
        // A member function cannot have the name of its class.
        let name = if member == class { "listed".to_owned() } else { snake_case(member.trim_end_matches("Ms")) };
        text += &comment("    ", description["description"].as_str().unwrap());
        writeln!(text, "    {}", accessor(&name, member, description)).unwrap();
    }
    text + "};\n"
}

fn kinds(class: &str, alternatives: &[Value]) -> String {
    let mut rows = vec![Row {
        number: 0,
        name: "unknown".into(),
        doc: "There is no object, or a later version added its alternative.".into(),
    }];
    for (alternative, number) in alternatives.iter().zip(1..) {
        let name = alternative["properties"]["kind"]["const"].as_str().unwrap().to_owned();
        let doc = alternative["description"].as_str().unwrap().to_owned();
        rows.push(Row { number, name, doc });
    }
    enumeration(&format!("{class}_kind"), &format!("The alternatives of `{class}`."), &rows) + "\n"
}

/// Returns the C++ source of the method that reads one member of a JSON object.
fn accessor(name: &str, member: &str, schema: &Value) -> String {
    let (inner, is_nullable) = without_null(schema);
    let at = format!("\"/{member}\"");
    let (of_type, read) = match (inner["$ref"].as_str().map(last), inner["type"].as_str()) {
        (Some("Timestamp"), _) => ("time_point".to_owned(), format!("moment({at})")),
        (Some("KeyStatus"), _) => return format!("key_status {name}() const {{ return code<key_status>({at}); }}"),
        (Some("ErrorKind" | "Reason" | "NextStep"), _) => ("std::string_view".to_owned(), format!("text({at})")),
        (Some("Error"), _) => return format!("refusal {name}() const {{ return one<refusal>({at}); }}"),
        (Some(object), _) => {
            let object = snake_case(object);
            return format!("polar::{object} {name}() const {{ return one<polar::{object}>({at}); }}");
        }
        (_, Some("array")) => {
            let object = snake_case(last(inner["items"]["$ref"].as_str().unwrap()));
            return format!("std::vector<{object}> {name}() const {{ return all<{object}>({at}); }}");
        }
        (_, Some("boolean")) => return format!("bool {name}() const {{ return number({at}).value_or(0) != 0; }}"),
        (_, Some("integer")) if member.ends_with("Ms") => ("milliseconds".to_owned(), format!("duration({at})")),
        (_, Some("integer")) => ("std::int64_t".to_owned(), format!("number({at})")),
        (_, Some("string")) => ("std::string_view".to_owned(), format!("text({at})")),
        _ => panic!("no C++ for `{member}`: {schema}"),
    };
    if is_nullable {
        format!("std::optional<{of_type}> {name}() const {{ return {read}; }}")
    } else {
        format!("{of_type} {name}() const {{ return {read}.value_or({of_type}{{}}); }}")
    }
}

fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap()
}

/// Returns a schema without the alternative `null`, and whether it had that alternative.
fn without_null(schema: &Value) -> (Value, bool) {
    let mut plain = schema.clone();
    if let Some(all) = schema["anyOf"].as_array() {
        return (all.iter().find(|one| one["type"] != "null").unwrap().clone(), true);
    }
    if let Some(all) = schema["type"].as_array() {
        plain["type"] = all.iter().find(|one| *one != "null").unwrap().clone();
        return (plain, true);
    }
    (plain, false)
}

/// Returns the C++ methods of one class: of the portal, of a session or of a checkout.
fn methods(of: &str) -> String {
    let own = PORTAL_OPERATIONS.iter().filter(|operation| {
        let first = operation.arguments.first().map_or("", |(name, _)| name);
        if ["session", "checkout"].contains(&first) { first == of } else { of == "portal" }
    });
    let (mut plain, mut throwing) = (String::new(), String::new());
    for operation in own {
        let method = Method::of(operation);
        plain += &method.plain();
        throwing += &method.throwing();
    }
    format!("{plain}\n#if defined(__cpp_exceptions)\n{throwing}#endif\n")
}

struct Method {
    name: String,
    result: String,
    /// The arguments, each with its type and name. An argument of the type `confirmed_by_user` has an empty name,
    /// because the method does not read it.
    parameters: Vec<(&'static str, String)>,
    waits: bool,
    operation: &'static PortalOperation,
}

impl Method {
    fn of(operation: &'static PortalOperation) -> Self {
        let result = match operation.result {
            "LicenseKeys" => "std::vector<license_key>".into(),
            "Released" => "polar::deactivated".into(),
            result => format!("polar::{}", snake_case(result)),
        };
        let parameters = operation.arguments.iter().filter_map(|(name, of_type)| {
            let parameter = match *of_type {
                "Session" | "Checkout" => return None,
                "Text" => "std::string_view ",
                "Within" => "milliseconds ",
                "Confirmation" => return Some(("confirmed_by_user", String::new())),
                "Customer" => "const customer &",
                "Purchase" => "const purchase &",
                "Key" => "const license_key &",
                "Device" => "const device &",
                of_type => panic!("no C++ for arguments of the type `{of_type}`"),
            };
            Some((parameter, snake_case(name.strip_suffix("Ms").unwrap_or(name))))
        });
        let (name, waits) = (snake_case(operation.name), operation.waits);
        Self { name, result, parameters: parameters.collect(), waits, operation }
    }

    fn declared(&self, failure: &str) -> String {
        let mut all: Vec<String> = self.parameters.iter().map(|(of_type, name)| format!("{of_type}{name}")).collect();
        all.extend((!failure.is_empty()).then(|| failure.to_owned()));
        all.extend(self.waits.then(|| "const progress_callback &on_progress = {}".to_owned()));
        format!("    {} {}({}) const\n", self.result, self.name, all.join(", "))
    }

    fn plain(&self) -> String {
        let mut request = format!("detail::request{{\"{}\"}}", self.operation.name);
        for (name, of_type) in self.operation.arguments {
            let value = match *of_type {
                "Session" | "Checkout" => "handle()".to_owned(),
                "Confirmation" => "true".to_owned(),
                "Text" => snake_case(name),
                "Within" => "within".to_owned(),
                _ => format!("{}.handle()", snake_case(name)),
            };
            write!(request, ".add(\"{name}\", {value})").unwrap();
        }
        let progress = if self.waits { ", on_progress" } else { "" };
        let call = format!("call({request}, failure{progress})");
        let result = match self.operation.result {
            "LicenseKeys" => format!("detail::part{{{call}}}.all<license_key>(\"/keys\")"),
            "Released" => format!("detail::part{{{call}}}.code<polar::deactivated>(\"/deactivated\")"),
            "Session" | "Checkout" => format!("{}{{license, {call}}}", self.result),
            _ => format!("{}{{{call}}}", self.result),
        };
        let declared = self.declared("polar::failure &failure");
        format!("{}{declared}    {{\n        return {result};\n    }}\n", comment("    ", self.operation.about))
    }

    fn throwing(&self) -> String {
        let names = self.parameters.iter().map(|(_, name)| match name.as_str() {
            "" => "confirmed_by_user{}",
            name => name,
        });
        let all: Vec<&str> = names.chain(["failure"]).chain(self.waits.then_some("on_progress")).collect();
        let call = format!("{}({})", self.name, all.join(", "));
        format!(
            "{}    {{\n        return detail::or_throw([&](polar::failure &failure) {{ return {call}; }});\n    }}\n",
            self.declared("")
        )
    }
}

fn first_paragraph(doc: &str) -> &str {
    doc.split("\n\n").next().unwrap()
}

fn comment(indent: &str, doc: &str) -> String {
    let mut text = String::new();
    for paragraph in doc.trim().split("\n\n") {
        let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = WORDS.iter().fold(words, |words, (core, cpp)| words.replace(core, cpp));
        for line in wrapped(&named(&words), WIDTH.saturating_sub(indent.len()).saturating_sub("/// ".len())) {
            writeln!(text, "{indent}/// {line}").unwrap();
        }
    }
    text
}

/// Replaces the core's names of operations and arguments with their names in C++.
fn named(text: &str) -> String {
    let is_ours = |word: &str| {
        let is_name = |name: &str| name == word && name.contains(char::is_uppercase);
        PORTAL_OPERATIONS.iter().any(|one| is_name(one.name) || one.arguments.iter().any(|(name, _)| is_name(name)))
    };
    let words = text.split(' ').map(|word| {
        let plain = word.trim_end_matches(['.', ',', ';', ':']);
        if is_ours(plain) { word.replace(plain, &snake_case(plain)) } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}
