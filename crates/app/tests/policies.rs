//! Every command has a rule in the policies, and every rule speaks of a command, or of an act without an event, that
//! exists.

use std::{collections::BTreeSet, fs, path::Path};

fn names(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            names(&path, into);
        } else {
            let source = fs::read_to_string(&path).expect("a source file");
            let named = source.split("const NAME: &'static str = \"").skip(1);
            into.extend(named.filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned())));
        }
    }
}

#[test]
fn the_policies_speak_of_every_command_and_of_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut commands = BTreeSet::new();
    names(&root.join("crates/domain/src"), &mut commands);
    let acts = fs::read_to_string(root.join("crates/app/src/policy.rs")).expect("a source file");
    let acts = acts.split("Act = Act { name: \"").skip(1);
    commands.extend(acts.filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned())));
    let policies = fs::read_to_string(root.join("schema/policies/leerwerk.cedar")).expect("policies");
    let ruled: BTreeSet<String> = policies
        .split("Action::\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned()))
        .collect();
    assert!(commands.len() >= 35, "{commands:?}");
    assert_eq!(commands, ruled);
}
