//! The default label of a seat, by which customers tell their devices apart. The label never contains the name of the
//! host or of the user.

use super::edit::AttemptId;

/// Words that people recognize and remember. Most of them are alike in many languages. None is offensive, and none is a
/// computer brand.
const WORDS: [&str; 64] = [
    "alpaca",
    "banana",
    "bamboo",
    "beaver",
    "bison",
    "cactus",
    "camel",
    "canary",
    "carrot",
    "cello",
    "cobra",
    "comet",
    "condor",
    "coral",
    "crystal",
    "dolphin",
    "dragon",
    "eagle",
    "falcon",
    "flamingo",
    "gazelle",
    "giraffe",
    "gorilla",
    "guitar",
    "hamster",
    "harp",
    "hyena",
    "iguana",
    "jaguar",
    "jasmine",
    "kayak",
    "kiwi",
    "koala",
    "lemon",
    "leopard",
    "lion",
    "lotus",
    "mango",
    "melon",
    "meteor",
    "mustang",
    "olive",
    "orchid",
    "otter",
    "panda",
    "papaya",
    "parrot",
    "pelican",
    "penguin",
    "piano",
    "planet",
    "puma",
    "python",
    "raven",
    "rocket",
    "saxophone",
    "sphinx",
    "tiger",
    "tulip",
    "turtle",
    "violin",
    "volcano",
    "walrus",
    "zebra",
];

/// Returns a label such as `Debian 12 · 2026-11-21 · otter 7F3A`: the system, the day of the activation, a word, and
/// the marker. The word distinguishes two laptops with the same system that are activated on the same day.
pub(super) fn default_label(system: &str, attempt: AttemptId) -> String {
    // six bits of the marker choose one of the 64 words
    let word = WORDS.get(usize::from(attempt.marker & 63)).unwrap_or(&"");
    format!("{system} · {} · {word} {}", attempt.at.day(), attempt.marker())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn two_devices_of_one_day_are_told_apart_by_a_word() {
        let at = Timestamp::parse("2026-11-21T07:44:42Z").unwrap();
        let label = |marker| default_label("Debian 12", AttemptId { marker, at });
        assert_eq!(label(0x7F2B), "Debian 12 · 2026-11-21 · otter 7F2B");
        let last_words =
            |marker: u16| label(marker).rsplit(" · ").next().unwrap().split(' ').next().unwrap().to_owned();
        let words: std::collections::BTreeSet<_> = (0..64).map(last_words).collect();
        assert_eq!(words.len(), 64, "no word is there twice");
    }
}
