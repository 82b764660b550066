use super::*;

/// A model of one file, adopted.
fn adopt(state: &State, text: &str) -> Fetched {
    let unfinished = state.begin().unwrap();
    fs_err::write(unfinished.path().join("model.onnx"), text).unwrap();
    let digest =
        super::super::layout::digest_of(&[("model.onnx".to_owned(), Digest::of(text.as_bytes()))]);
    fetch::verify(unfinished.path(), &digest).unwrap();
    state.adopt(unfinished, &digest).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs_err::read_dir(folder).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_model_is_found_again_by_its_digest_and_only_while_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let digest = adopt(&State::open(Some(dir.path().to_owned())), "x").digest;
    let state = State::open(Some(dir.path().to_owned()));
    let found = state.find(&digest).unwrap();
    assert_eq!(found.layout, Layout::Onnx);
    assert!(state.owns(&found.folder) && !state.owns(dir.path()));
    fs_err::write(found.folder.join("model.onnx"), "y").unwrap();
    assert!(state.find(&digest).is_none());
    assert!(!found.folder.exists(), "what is damaged is removed, so that it can be fetched again");
    let again = adopt(&state, "x");
    fs_err::write(again.folder.join("more"), "").unwrap();
    assert!(state.find(&digest).is_none(), "a file too many is damage as well");
}

#[test]
fn what_a_killed_server_left_is_swept_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let bundles = dir.path().join(BUNDLES);
    fs_err::create_dir_all(bundles.join(".unfinished-1/x")).unwrap();
    fs_err::create_dir_all(bundles.join("mine")).unwrap();
    fs_err::write(dir.path().join(".unfinished-last-good"), "{").unwrap();
    let state = State::open(Some(dir.path().to_owned()));
    assert_eq!(names(&bundles), ["mine"]);
    assert!(!dir.path().join(".unfinished-last-good").exists());
    drop(state.begin().unwrap());
    assert_eq!(names(&bundles), ["mine"], "what is not adopted goes");
}

#[test]
fn a_directory_that_cannot_be_used_is_done_without() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs_err::write(&file, "").unwrap();
    let state = State::open(Some(file));
    assert_eq!(state.home(), None);
    let fetched = adopt(&state, "x");
    assert!(state.find(&fetched.digest).is_some());
    let folder = fetched.folder.clone();
    drop((fetched, state));
    assert!(!folder.exists(), "a temporary folder goes with the server");
}

#[test]
fn two_servers_do_not_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = State::open(Some(dir.path().to_owned()));
    assert!(first.home().is_some());
    assert!(State::open(Some(dir.path().to_owned())).home().is_none());
    drop(first);
    assert!(State::open(Some(dir.path().to_owned())).home().is_some());
}

#[test]
fn the_same_model_fetched_twice_at_once_is_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let state = State::open(Some(dir.path().to_owned()));
    let (one, two) = (adopt(&state, "x"), adopt(&state, "x"));
    assert_eq!(one.folder, two.folder);
    assert_eq!(names(&dir.path().join(BUNDLES)), [one.digest.hex()]);
}

#[test]
fn old_models_go_and_those_in_use_or_last_good_stay() {
    let dir = tempfile::tempdir().unwrap();
    let state = State::open(Some(dir.path().to_owned()));
    let mut all: Vec<Fetched> = (0..MOST_KEPT + 4).map(|n| adopt(&state, &n.to_string())).collect();
    for (age, fetched) in all.iter().rev().enumerate() {
        let folder = std::fs::File::open(&fetched.folder).unwrap();
        let then = SystemTime::now() - std::time::Duration::from_secs(age as u64 + 1);
        folder.set_modified(then).unwrap();
    }
    let (last_good, in_use) = (all[0].digest, all.remove(1));
    let folders: Vec<PathBuf> = all.iter().map(|fetched| fetched.folder.clone()).collect();
    drop(all);
    state.prune(&BTreeSet::from([last_good])).unwrap();
    assert_eq!(names(&dir.path().join(BUNDLES)).len(), MOST_KEPT);
    assert!(folders[0].exists() && in_use.folder.exists());
    assert!(!folders[1].exists() && !folders[4].exists() && folders[5].exists());
}

#[test]
fn the_usual_place_is_the_service_managers_or_the_users() {
    fn place(pairs: &[(&str, &str)]) -> Option<PathBuf> {
        usual(|key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value.into()))
    }
    let home = ("HOME", "/home/ann");
    assert_eq!(place(&[]), None);
    assert_eq!(place(&[home]), Some("/home/ann/.local/state/gauntlet-serve".into()));
    assert_eq!(
        place(&[home, ("XDG_STATE_HOME", "relative")]),
        Some("/home/ann/.local/state/gauntlet-serve".into())
    );
    assert_eq!(place(&[("XDG_STATE_HOME", "/state")]), Some("/state/gauntlet-serve".into()));
    assert_eq!(
        place(&[home, ("STATE_DIRECTORY", "/var/lib/private/serve")]),
        Some("/var/lib/private/serve".into())
    );
}
