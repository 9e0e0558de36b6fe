//! What must stay secret is looked for in every byte that anybody else gets: wire, relay, logs, disk.

use std::{fs, path::Path};

use airlock_lab::Marker;
use airlock_tests::{Client, Relay, World, wire_tap::WireTap, world::befriend};

use crate::PROGRAMS;

/// What Alice writes. No word of it occurs anywhere by itself.
const TEXT: &str = "the zebra quilt hangs behind the ninth door";

/// A message that the reference hook reports to an authority.
const REPORTED: &str = "look at my picnic poster with the ultramarine badger";

/// Names that people introduce themselves by.
const NAMES: [&str; 3] = ["Xanthippe Quill", "Barnaby Flux", "Ombudsman Wren"];

#[test]
fn texts_and_names_are_nowhere_but_in_vaults_and_on_screens() {
    let (mut world, tap) = world_with_tap();
    let [alice, bob, authority] = NAMES.map(|name| person(&world, name));
    befriend(&alice, &bob);
    befriend(&bob, &alice);
    befriend(&alice, &authority);

    let _ = alice.run(&["send", NAMES[1], TEXT]);
    // Bob is away, so now the relay holds it.
    let while_it_waits = relay_files(&world.relay);
    assert_eq!(bob.receive(), [TEXT], "the control: whoever should read it does");
    let _ = bob.run(&["send", NAMES[0], &TEXT.to_uppercase()]);
    assert_eq!(alice.receive(), [TEXT.to_uppercase()]);

    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "report", "--authority", NAMES[2]]);
    // As JSON: a person is shown the report on standard error, where the logs are looked for.
    let _ = alice.json(&["send", NAMES[1], REPORTED]);
    assert_eq!(bob.receive(), [REPORTED]);
    assert_eq!(authority.receive(), [""; 0]);
    let reports = authority.run(&["--json", "reports"]);
    assert!(reports.contains("picnic poster"), "the control: the authority does get it: {reports}");

    world.relay.stop();
    let places: Vec<(String, Vec<u8>)> = [
        vec![("the wire".to_owned(), tap.datagrams().concat())],
        while_it_waits,
        relay_files(&world.relay),
        vec![("the relay's log".to_owned(), world.relay.log().into_bytes())],
        files_of(&alice),
        files_of(&bob),
        files_of(&authority),
    ]
    .concat();
    assert!(places.iter().any(|(place, _)| place.ends_with("vault.db")), "the vaults are among the places");
    let (_, wire) = &places[0];
    assert!(wire.len() > 10_000, "the tap saw {} bytes of a whole conversation", wire.len());

    let upper = TEXT.to_uppercase();
    for secret in [TEXT, &upper, REPORTED, "picnic poster with", NAMES[0], NAMES[1], NAMES[2]] {
        let leaks: Vec<_> = find(secret, &places);
        assert!(leaks.is_empty(), "{secret:?} is in {leaks:#?}");
    }
}

#[test]
fn keys_and_passphrases_are_in_no_other_file_no_log_and_not_on_the_wire() {
    let (mut world, tap) = world_with_tap();
    let (alice, bob) = (person(&world, "alice"), person(&world, "bob"));
    befriend(&alice, &bob);
    let _ = alice.run(&["send", "bob", TEXT]);
    assert_eq!(bob.receive(), [TEXT]);
    world.relay.stop();

    let key_file = alice.home().join("vault.key");
    let key = fs::read(&key_file).unwrap();
    // The key is the last 32 bytes, whatever stands before them in the file.
    let key = key.last_chunk::<32>().expect("the file holds a key").to_vec();
    let places: Vec<(String, Vec<u8>)> = [
        vec![("the wire".to_owned(), tap.datagrams().concat())],
        relay_files(&world.relay),
        vec![("the relay's log".to_owned(), world.relay.log().into_bytes())],
        files_of(&alice),
        files_of(&bob),
    ]
    .concat();
    let holds = |bytes: &[u8]| bytes.windows(key.len()).any(|window| window == key);
    let holders: Vec<&String> =
        places.iter().filter(|(_, bytes)| holds(bytes)).map(|(place, _)| place).collect();
    assert_eq!(holders, [&key_file.display().to_string()]);
}

#[test]
fn a_passphrase_is_nowhere_and_the_vault_opens_with_it_alone() {
    let world = World::new(PROGRAMS);
    let alice = world.stranger("alice");
    let passphrase = "seventeen ochre pelicans";
    let address = world.relay.address().to_string();
    let with_passphrase = ["--passphrase-file", "-"];
    let init = ["init", "--name", "alice", "--relay", &address];
    let made = alice.try_run_with_input(&[&with_passphrase[..], &init].concat(), &format!("{passphrase}\n"));
    assert_eq!(made.code, 0, "{made:?}");
    let opened =
        alice.try_run_with_input(&[&with_passphrase[..], &["id"]].concat(), &format!("{passphrase}\n"));
    assert_eq!(opened.code, 0, "{opened:?}");

    let mut places = files_of(&alice);
    places.push(("what was printed".to_owned(), format!("{made:?}{opened:?}").into_bytes()));
    assert_eq!(find(passphrase, &places), [""; 0]);
}

#[test]
fn the_search_finds_a_text_that_was_planted() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("deep")).unwrap();
    fs::write(folder.path().join("deep/file"), [b"....", TEXT.as_bytes(), b"...."].concat()).unwrap();
    let mut places = Vec::new();
    collect(folder.path(), &mut places);
    assert_eq!(find(TEXT, &places).len(), 1);
    assert_eq!(find("another text", &places), [""; 0]);
}

#[test]
fn what_is_secret_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new(PROGRAMS);
    let (alice, _bob) = world.pair();
    let _ = alice.run(&["send", "bob", TEXT]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077;
    for entry in fs::read_dir(alice.home()).unwrap() {
        let path = entry.unwrap().path();
        let behind_a_door = path.is_file() && !path.ends_with("lock");
        assert!(!behind_a_door || mode(&path) == 0 || mode(&alice.home()) == 0, "{}", path.display());
    }
    assert_eq!(mode(&alice.home()), 0, "others may not enter the home");
    assert_eq!(mode(&alice.home().join("vault.key")), 0);
    assert_eq!(mode(&world.relay.data().join("relay.key")), 0);
}

/// A world whose relay is reached only through the tap.
fn world_with_tap() -> (World, WireTap) {
    let listen = Relay::free_address();
    let tap = WireTap::start(listen);
    let config = format!("registration = \"open\"\nadvertise = \"{}\"\n", tap.address());
    (World::with_relay(PROGRAMS, listen, &config), tap)
}

/// Like `World::person`, for a name that is not a folder's.
fn person(world: &World, name: &str) -> Client {
    let folder = format!("client-{}", name.bytes().map(|byte| byte.to_string()).collect::<String>());
    let client = world.stranger(&folder).renamed(name);
    let address = world.relay.address().to_string();
    let _ = client.run(&["init", "--name", name, "--relay", &address]);
    client
}

fn relay_files(relay: &Relay) -> Vec<(String, Vec<u8>)> {
    let mut places = Vec::new();
    collect(relay.data(), &mut places);
    assert!(places.iter().any(|(place, _)| place.ends_with("relay.db")), "the relay's store is there");
    places
}

fn files_of(client: &Client) -> Vec<(String, Vec<u8>)> {
    let mut places = Vec::new();
    collect(client.folder(), &mut places);
    places.push((format!("the logs of {}", client.folder().display()), client.log().into_bytes()));
    places
}

fn collect(folder: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, places);
        } else {
            places.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

/// In which places a text is, in any encoding that the lab knows.
fn find(secret: &str, places: &[(String, Vec<u8>)]) -> Vec<String> {
    let marker = Marker::new(secret).unwrap();
    let found = |bytes: &[u8]| marker.find(bytes).into_iter().next();
    places
        .iter()
        .filter_map(|(place, bytes)| {
            found(bytes).map(|hit| format!("{place}, {} at byte {}", hit.encoding, hit.offset))
        })
        .collect()
}
