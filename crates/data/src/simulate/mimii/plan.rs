//! Which sessions there are, what is broken in them, and where their clips go.

use gauntlet_core::Seed;
use rand::{Rng, RngExt as _};

use super::Session;
use super::clip::Voice;
use super::fault::{Broken, Fault};
use super::scale::{IDS, PUBLISHED, Scale};

/// Sessions of an id whose clips are few, and clips of a session where they are many.
const SESSIONS: usize = 8;
const LONGEST: usize = 40;

/// One machine and all that is recorded of it.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) voice: Voice,
    pub(super) seed: Seed,
    pub(super) sessions: Vec<Session>,
}

/// All machines of `scale`.
pub(super) fn machines(scale: &Scale, seed: Seed) -> Vec<Machine> {
    let mut all = Vec::new();
    for (machine, ids) in PUBLISHED {
        let count = scale.ids.get(machine).copied().unwrap_or_default();
        for (position, (id, published)) in IDS.into_iter().zip(ids).take(count).enumerate() {
            let seed = seed.derive(machine, position as u64);
            let mut rng = seed.rng();
            let voice = Voice::new(machine, &mut rng);
            let (normal, abnormal) = scale.counts(published);
            let mut sessions = Vec::new();
            for (abnormal, clips) in [(false, normal), (true, abnormal)] {
                for (first, clips) in lengths(clips) {
                    let number = sessions.len();
                    let mut session = Session {
                        name: format!("{machine}_{id}_{number:02}"),
                        machine: machine.to_owned(),
                        id: id.to_owned(),
                        abnormal,
                        first,
                        clips,
                        fault: None,
                        strengths: Vec::new(),
                    };
                    if abnormal {
                        break_it(&mut session, number, &mut rng);
                    }
                    sessions.push(session);
                }
            }
            all.push(Machine { voice, seed, sessions });
        }
    }
    all
}

/// The first clip of each session, and how many it has.
fn lengths(clips: usize) -> Vec<(usize, usize)> {
    let length = clips.div_ceil(SESSIONS).clamp(2, LONGEST);
    (0..clips).step_by(length).map(|first| (first, length.min(clips - first))).collect()
}

/// A fault that grows from a little, with ups and downs.
fn break_it(session: &mut Session, number: usize, rng: &mut impl Rng) {
    let faults = Fault::of(&session.machine);
    session.fault = Some(faults[number % faults.len()].name().to_owned());
    let middle = rng.random_range(0.3..0.8);
    let strength = |_| {
        let drawn: f64 = middle + rng.random_range(-0.2..0.2);
        (1000.0 * drawn).round() / 1000.0
    };
    session.strengths = (0..session.clips).map(strength).collect();
}

/// What is broken in clip `position` of `session`.
pub(super) fn broken(session: &Session, position: usize) -> Option<Broken> {
    let strength = *session.strengths.get(position)? as f32;
    let named = |fault: &&Fault| Some(fault.name()) == session.fault.as_deref();
    let fault = *Fault::of(&session.machine).iter().find(named)?;
    Some(Broken { fault, strength })
}

/// The folder of a session's clips.
pub(super) fn folder(session: &Session, snr_db: i32) -> String {
    let Session { machine, id, .. } = session;
    let label = crate::audio::label(session.abnormal);
    format!("{snr_db}_dB_{machine}/{machine}/id_{id}/{label}")
}
