//! Runs the book's code for a lost key, word for word. The key is in use on another machine.

mod run {
    use super::super::{EMAIL, Story, licensed};
    use super::find_my_key;
    use mock_polar::NewKey;
    use polar_license::portal::Restored;

    #[test]
    fn the_code_of_the_book_restores_a_license() {
        let story = Story::begin();
        let key = story.bought(NewKey::new("pro").limit_activations(1));
        story.active_elsewhere(&key, "a laptop");
        let answer = |release: &'static str| {
            let story = &story;
            move |question: &str| match question {
                "Which address did you buy with?" => EMAIL.to_owned(),
                "Which code is in the mail?" => story.code(),
                "Release a laptop?" => release.to_owned(),
                other => panic!("{other}"),
            }
        };
        let kept = find_my_key(&story.client, answer("no")).unwrap();
        assert!(matches!(kept, Restored::NoSeat(_)) && story.polar.activations(&key).len() == 1);
        assert!(licensed(find_my_key(&story.client, answer("yes")).unwrap()).allowed());
    }
}

// BOOK
use polar_license::Error;
use polar_license::blocking::Client;
use polar_license::portal::{CodeRequest, Devices, Restored};

fn find_my_key(client: &Client, ask: impl Fn(&str) -> String) -> Result<Restored, Error> {
    if let CodeRequest::Sent(code) = client.portal().request_code(&ask("Which address did you buy with?"))? {
        println!("{}", code.message()); // nobody can tell whether the address is known
    }
    let session = client.portal().authenticate(&ask("Which code is in the mail?"))?;
    let restored = session.restore()?; // licensed, or several keys to choose from, or:
    let Restored::NoSeat(full) = &restored else { return Ok(restored) };
    let Devices::Listed(devices) = &full.devices else { return Ok(restored) };
    let answer = ask(&format!("Release {}?", devices[0].label()));
    if answer == "yes" {
        session.release(&full.key, &devices[0])?;
        return session.activate(&full.key);
    }
    Ok(restored)
}
