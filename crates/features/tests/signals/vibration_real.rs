//! The outer race of a real bearing, six hours before its end.

use gauntlet_features::vibration::{Extractor, Fault, peak_near};

#[test]
fn the_damaged_outer_race_of_ims_is_named() {
    let Some(folder) = std::env::var_os("GAUNTLET_REAL_DATA") else {
        println!(
            "skipped: GAUNTLET_REAL_DATA names no folder with `ims/2nd_test/2004.02.19.02.42.39`"
        );
        return;
    };
    let path = std::path::Path::new(&folder).join("ims/2nd_test/2004.02.19.02.42.39");
    let text = std::fs::read_to_string(path).unwrap();
    let samples: Vec<f64> =
        text.lines().map(|line| line.split('\t').next().unwrap().trim().parse().unwrap()).collect();
    let setup = crate::made::ims();
    let mut extractor = Extractor::new(&setup, samples.len()).unwrap();

    let spectrum = extractor.envelope_spectrum(&samples).unwrap();
    let orders = setup.geometry.unwrap().orders();
    let bpfo = Fault::OuterRace.frequency(&orders, setup.shaft_hz);
    let peak = peak_near(&spectrum, bpfo, 0.02).unwrap();
    println!("BPFO {bpfo:.2} Hz, peak {peak:?}, band {:?}", spectrum.band);
    assert!((peak.frequency_hz / 236.4 - 1.0).abs() < 0.005);
    let largest = spectrum.amplitudes.iter().copied().fold(0.0, f64::max);
    assert_eq!(peak.amplitude, largest, "no other line is as strong");

    let mut values = vec![0.0; extractor.names().len()];
    extractor.extract(&samples, &mut values).unwrap();
    for (name, value) in extractor.names().iter().zip(&values) {
        println!("{name} {value}");
    }
    for kind in ["ses_snr", "cpw_snr", "env"] {
        let value = |fault: Fault| {
            let name = format!("{kind}_{}", fault.suffix());
            values[extractor.names().iter().position(|n| *n == name).unwrap()]
        };
        for other in [Fault::InnerRace, Fault::RollingElement, Fault::Cage] {
            assert!(value(Fault::OuterRace) > value(other), "{kind}: {other}");
        }
    }
}
