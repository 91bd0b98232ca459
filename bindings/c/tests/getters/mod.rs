//! Generates code for the C functions that each read one member of a decision: C++ methods that call them, calls in the
//! C tests, and the table in `tests/c_functions`. The members come from the core, and the types come from the C header.

use crate::codes::wrapped;
use crate::{members, snake_case, without_unit};
use polar_license::schema;
use std::fmt::Write;

/// The two lines in the C++ header between which the generated methods are written.
pub const BEGIN: &str = "    // Generated from the members of a decision: do not edit.\n";
pub const END: &str = "    // End of the generated members.\n";

/// The two lines in `tests/c_functions/getters.rs` between which the generated rows are written.
pub const BEGIN_OF_TABLE: &str = "    // Generated from the members of a decision: do not edit.\n";
pub const END_OF_TABLE: &str = "    // End of what is generated.\n";

const WIDTH: usize = 120;

struct Getter {
    /// The name of the decision's member in JSON.
    member: String,
    /// The part of the function's name that follows `polar_license_decision_`.
    name: String,
    returns: Returns,
}

enum Returns {
    /// A string, or NULL for an absent member.
    String,
    /// The sentence for the user, which is never NULL.
    Message,
    /// A time, in milliseconds since 1970.
    Moment,
    Milliseconds,
    Number,
    Boolean,
    /// An integer code. The string names the C function that returns the code's name.
    Code(String),
}

/// Returns the getters of all members of a decision except `features`.
fn getters(header: &str) -> Vec<Getter> {
    let members = members::decision().into_iter().filter(|member| member != "features");
    let getters = members.map(|member| {
        let name = snake_case(&member);
        let declaration = format!("polar_license_decision_{name}(const polar_license_decision *decision);");
        let line = header.lines().find(|line| line.ends_with(&declaration));
        let line = line.unwrap_or_else(|| panic!("{declaration} is missing in bindings/c/src/decision.rs"));
        let code = format!("polar_license_{}_name", name.strip_prefix("problem_").unwrap_or(&name));
        let returns = match line.strip_suffix(&declaration).unwrap().trim() {
            "const char *" if name == "message" => Returns::Message,
            "const char *" => Returns::String,
            "int64_t" if member.ends_with("Ms") => Returns::Milliseconds,
            "int64_t" if name.ends_with("_ms") => Returns::Moment,
            "int64_t" => Returns::Number,
            "int32_t" if header.contains(&format!("{code}(")) => Returns::Code(code),
            "int32_t" => Returns::Boolean,
            other => panic!("no getter of C returns {other}: {declaration}"),
        };
        Getter { member, name, returns }
    });
    getters.collect()
}

/// Returns the generated methods of `polar::decision_view`. The other methods, which return a code or the message for
/// the user, are written by hand.
pub fn methods(header: &str) -> String {
    let mut text = String::new();
    for getter in getters(header) {
        let (returned, convert) = match getter.returns {
            Returns::String => ("std::optional<std::string_view>", "detail::string"),
            Returns::Moment => ("std::optional<time_point>", "detail::moment"),
            Returns::Milliseconds => ("std::optional<milliseconds>", "detail::duration"),
            Returns::Number => ("std::optional<std::int64_t>", "detail::number"),
            Returns::Boolean => ("bool", ""),
            Returns::Message | Returns::Code(_) => continue,
        };
        for line in wrapped(&first_sentence(&getter.member), WIDTH - 8) {
            writeln!(text, "    /// {line}").unwrap();
        }
        let call = format!("{}(handle)", getter.function());
        let value = if returned == "bool" { format!("{call} != 0") } else { format!("{convert}({call})") };
        let head = format!("    {returned} {}() const", without_unit(&getter.name));
        let line = format!("{head} {{ return {value}; }}");
        if line.len() <= WIDTH {
            writeln!(text, "{line}").unwrap();
        } else {
            write!(text, "{head}\n    {{\n        return {value};\n    }}\n").unwrap();
        }
    }
    text
}

/// Returns the first sentence of the core's description of a member.
fn first_sentence(member: &str) -> String {
    let decision = schema::decision().to_value();
    let object = member.split('.').next().unwrap();
    let about_object = &decision["properties"][object]["description"];
    let description = match member.split_once('.') {
        None => about_object,
        Some((_, inner)) => {
            let [(_, one), (_, other)] = schema::purchases(&decision);
            let definitions = if object == "purchase" { vec![one, other] } else { vec![&decision["$defs"]["Problem"]] };
            let of_inner = definitions.into_iter().map(|definition| &definition["properties"][inner]["description"]);
            of_inner.into_iter().find(|description| !description.is_null()).unwrap_or(about_object)
        }
    };
    let words = description.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}.", words.split(". ").next().unwrap().trim_end_matches('.'))
}

/// Returns a C header for the tests. Its one macro checks what each getter returns if the decision is NULL or the
/// getter panics.
pub fn calls(header: &str) -> String {
    let mut text = String::from(
        "/* Checks the results of the functions that read one member of a decision, if the decision is NULL or the function
 * panics. Generated by bindings/c/tests/getters from the core's description: do not edit. The tests contain the checks
 * of functions that return a code or the message. `CHECKS` is a macro that takes the name of a function and its check. */
#define CALL_GETTERS_OF_A_DECISION(CHECKS, d)",
    );
    for getter in getters(header) {
        let absent = match getter.returns {
            Returns::String => "NULL",
            Returns::Moment | Returns::Milliseconds | Returns::Number => "POLAR_LICENSE_ABSENT",
            Returns::Boolean => "0",
            Returns::Message | Returns::Code(_) => continue,
        };
        let function = getter.function();
        write!(text, " \\\n    CHECKS({function}, {function}(d) == {absent});").unwrap();
    }
    text + "\n"
}

/// Returns the rows of the table that compares each getter with the JSON.
pub fn table(header: &str) -> String {
    let rows = getters(header).into_iter().map(|getter| {
        let (member, function) = (&getter.member, getter.function());
        match &getter.returns {
            Returns::String | Returns::Message => format!("    (\"{member}\", Text({function})),\n"),
            Returns::Moment | Returns::Milliseconds | Returns::Number => {
                format!("    (\"{member}\", Number({function})),\n")
            }
            Returns::Boolean => format!("    (\"{member}\", Flag({function})),\n"),
            Returns::Code(name_of) => format!("    (\"{member}\", Code({function}, {name_of})),\n"),
        }
    });
    rows.collect()
}

impl Getter {
    fn function(&self) -> String {
        format!("polar_license_decision_{}", self.name)
    }
}
